// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.legacy;

/** Registers of the PC16550D (National Semiconductor, "PC16550D Universal Asynchronous Receiver/Transmitter with FIFOs"). */
public final class Uart {
    /** How many registers there are. */
    public static final int REGISTERS = 8;

    /** Characters that each FIFO holds. */
    public static final int FIFO_SIZE = 16;

    /** Receiver Buffer, read. */
    public static final int RBR = 0;
    /** Transmitter Holding, written. */
    public static final int THR = 0;
    /** Divisor Latch, low byte, while {@link #LCR_DLAB}. */
    public static final int DLL = 0;
    /** Interrupt Enable. */
    public static final int IER = 1;
    /** Divisor Latch, high byte, while {@link #LCR_DLAB}. */
    public static final int DLM = 1;
    /** Interrupt Identification, read. */
    public static final int IIR = 2;
    /** FIFO Control, written. */
    public static final int FCR = 2;
    /** Line Control. */
    public static final int LCR = 3;
    /** Modem Control. */
    public static final int MCR = 4;
    /** Line Status. */
    public static final int LSR = 5;
    /** Modem Status. */
    public static final int MSR = 6;
    /** Scratch. */
    public static final int SCR = 7;

    /** Enable the received data available interrupt, and the character timeout. */
    public static final int IER_ERBFI = 0x01;
    /** Enable the transmitter holding register empty interrupt. */
    public static final int IER_ETBEI = 0x02;
    /** Enable the receiver line status interrupt. */
    public static final int IER_ELSI = 0x04;
    /** Enable the modem status interrupt. */
    public static final int IER_EDSSI = 0x08;

    public static final int IER_ALL = 0x0f;

    /** No interrupt is pending. */
    public static final int IIR_NONE = 0x01;

    public static final int IIR_LINE_STATUS = 0x06;
    public static final int IIR_RECEIVED_DATA = 0x04;
    public static final int IIR_TIMEOUT = 0x0c;
    public static final int IIR_THR_EMPTY = 0x02;
    public static final int IIR_MODEM_STATUS = 0x00;
    /** The part of IIR that says which interrupt. */
    public static final int IIR_ID = 0x0f;
    /** Both bits set: the FIFOs are enabled. */
    public static final int IIR_FIFOS = 0xc0;

    public static final int FCR_ENABLE = 0x01;
    public static final int FCR_RESET_RECEIVER = 0x02;
    public static final int FCR_RESET_TRANSMITTER = 0x04;
    /** Where the trigger level of the receiver is: 1, 4, 8 or 14 characters. */
    public static final int FCR_TRIGGER_SHIFT = 6;

    /** Word length less 5. */
    public static final int LCR_WORD_LENGTH = 0x03;

    public static final int LCR_BREAK = 0x40;
    /** Divisor latch access. */
    public static final int LCR_DLAB = 0x80;
    /** Eight bits, no parity, one stop bit. */
    public static final int LCR_8N1 = 0x03;

    public static final int MCR_DTR = 0x01;
    public static final int MCR_RTS = 0x02;
    public static final int MCR_OUT1 = 0x04;
    public static final int MCR_OUT2 = 0x08;
    public static final int MCR_LOOP = 0x10;
    public static final int MCR_ALL = 0x1f;

    /** Data ready. */
    public static final int LSR_DR = 0x01;
    /** Overrun error. */
    public static final int LSR_OE = 0x02;
    /** Parity error. */
    public static final int LSR_PE = 0x04;
    /** Framing error. */
    public static final int LSR_FE = 0x08;
    /** Break interrupt. */
    public static final int LSR_BI = 0x10;
    /** Transmitter holding register empty. */
    public static final int LSR_THRE = 0x20;
    /** Transmitter empty. */
    public static final int LSR_TEMT = 0x40;
    /** An error is somewhere in the receiver's FIFO. */
    public static final int LSR_FIFO_ERROR = 0x80;
    /** What belongs to a character. */
    public static final int LSR_CHARACTER_ERRORS = LSR_PE | LSR_FE | LSR_BI;

    /** What changed in the four bits above. */
    public static final int MSR_DELTAS = 0x0f;

    public static final int MSR_CTS = 0x10;
    public static final int MSR_DSR = 0x20;
    public static final int MSR_RI = 0x40;
    public static final int MSR_DCD = 0x80;
    /** Ring indicator has ended: the one delta that has but one direction. */
    public static final int MSR_TERI = 0x04;

    /** Divisor 1, with the usual crystal of 1.8432 MHz. */
    public static final int MAX_BAUD = 115_200;

    private Uart() {}

    /** Characters at which the receiver interrupts, as FCR says. */
    public static int triggerLevel(int fcr) {
        return switch (fcr >> FCR_TRIGGER_SHIFT & 3) {
            case 0 -> 1;
            case 1 -> 4;
            case 2 -> 8;
            default -> 14;
        };
    }
}
