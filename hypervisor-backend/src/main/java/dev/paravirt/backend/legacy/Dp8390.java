// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.spec.legacy.Ne2000;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * The network interface controller of an {@link Ne2000Card}: National Semiconductor, "DP8390D/NS32490D NIC Network
 * Interface Controller". For one thread at a time.
 */
final class Dp8390 {
    private static final int BYTE = 0xff;
    private static final int INTERRUPTS = 0x7f;
    private static final int MOST_TALLY = 192;
    private static final int TALLY_ALARM = 0x80;
    private static final int LONGEST = Ne2000.MAX_FRAME + 4;
    private static final int FIFO = 8;
    private static final int LOOPBACK_TSR = 0x03;

    private final CardMemory memory;
    private final ReceiveRing ring;
    private final RemoteDma remote;
    private final AddressFilter filter = new AddressFilter();
    private final CRC32 crc = new CRC32();
    private final byte[] frame = new byte[LONGEST + Ne2000.CHECK_SEQUENCE];
    private final byte[] fifo = new byte[FIFO];
    private final int[] tallies = new int[3];

    private int command;
    private int interruptStatus;
    private int interruptMask;
    private int receiveConfiguration;
    private int transmitConfiguration;
    private int dataConfiguration;
    private int transmitPage;
    private int transmitCount;
    private int transmitStatus;
    private int receiveStatus;
    private int fifoPosition;
    private boolean overflowed;
    private int outgoing;

    Dp8390(CardMemory memory) {
        this.memory = memory;
        this.ring = new ReceiveRing(memory);
        this.remote = new RemoteDma(memory, ring);
        reset();
    }

    /** The reset pin. */
    void reset() {
        command = Ne2000.CR_STP | Ne2000.CR_NO_DMA;
        remote.start(Ne2000.CR_NO_DMA);
        interruptStatus = Ne2000.ISR_RST;
        interruptMask = 0;
        transmitConfiguration = 0;
        overflowed = false;
    }

    boolean isInterrupting() {
        return (interruptStatus & interruptMask & INTERRUPTS) != 0;
    }

    RemoteDma remote() {
        return remote;
    }

    void remoteComplete() {
        interruptStatus |= Ne2000.ISR_RDC;
    }

    private boolean isStopped() {
        return (command & Ne2000.CR_STP) != 0;
    }

    int read(int register) {
        if (register == Ne2000.CR) {
            return command;
        }
        return switch (command >> Ne2000.CR_PAGE_SHIFT) {
            case 0 -> readPage0(register);
            case 1 -> readPage1(register);
            case 2 -> readPage2(register);
            default -> BYTE;
        };
    }

    private int readPage0(int register) {
        return switch (register) {
            case Ne2000.P0R_CLDA0 -> 0;
            case Ne2000.P0R_CLDA1 -> ring.current;
            case Ne2000.P0_BNRY -> ring.boundary;
            case Ne2000.P0R_TSR -> transmitStatus;
            case Ne2000.P0R_NCR -> 0;
            case Ne2000.P0R_FIFO -> takeFifo();
            case Ne2000.P0_ISR -> interruptStatus;
            case Ne2000.P0R_CRDA0 -> remote.address() & BYTE;
            case Ne2000.P0R_CRDA1 -> remote.address() >> 8;
            case Ne2000.P0R_RSR -> receiveStatus;
            case Ne2000.P0R_CNTR0, Ne2000.P0R_CNTR1, Ne2000.P0R_CNTR2 -> takeTally(register - Ne2000.P0R_CNTR0);
            default -> BYTE;
        };
    }

    private int takeFifo() {
        int value = fifo[fifoPosition] & BYTE;
        fifoPosition = (fifoPosition + 1) % FIFO;
        return value;
    }

    private int takeTally(int index) {
        int value = tallies[index];
        tallies[index] = 0;
        return value;
    }

    private int readPage1(int register) {
        if (register == Ne2000.P1_CURR) {
            return ring.current;
        }
        return register < Ne2000.P1_CURR
                ? filter.physical[register - Ne2000.P1_PAR0] & BYTE
                : filter.multicast[register - Ne2000.P1_MAR0] & BYTE;
    }

    private int readPage2(int register) {
        return switch (register) {
            case Ne2000.P2_PSTART -> ring.start;
            case Ne2000.P2_PSTOP -> ring.stop;
            case Ne2000.P2_REMOTE_NEXT -> ring.boundary;
            case Ne2000.P2_TPSR -> transmitPage;
            case Ne2000.P2_LOCAL_NEXT -> ring.current;
            case Ne2000.P2_ADDRESS_HIGH -> transmitCount >> 8;
            case Ne2000.P2_ADDRESS_LOW -> transmitCount & BYTE;
            case Ne2000.P2_RCR -> receiveConfiguration | 0xc0;
            case Ne2000.P2_TCR -> transmitConfiguration | 0xe0;
            case Ne2000.P2_DCR -> dataConfiguration | 0x80;
            case Ne2000.P2_IMR -> interruptMask | 0x80;
            default -> BYTE;
        };
    }

    void write(int register, int value) {
        if (register == Ne2000.CR) {
            writeCommand(value);
            return;
        }
        switch (command >> Ne2000.CR_PAGE_SHIFT) {
            case 0 -> writePage0(register, value);
            case 1 -> writePage1(register, value);
            default -> {
                // Page 2 is for the factory's tests, page 3 for nothing.
            }
        }
    }

    private void writeCommand(int value) {
        boolean wasStopped = isStopped();
        // A controller that is stopped goes on only when it is started; the transmitter clears its bit by itself.
        boolean isStopped = (value & Ne2000.CR_STP) != 0 || wasStopped && (value & Ne2000.CR_STA) == 0;
        command = value & ~(Ne2000.CR_STP | Ne2000.CR_TXP) | (isStopped ? Ne2000.CR_STP : 0);
        if (isStopped) {
            interruptStatus |= Ne2000.ISR_RST;
        } else if (wasStopped) {
            overflowed = false;
            interruptStatus &= ~Ne2000.ISR_RST;
        }
        if (remote.start(value & Ne2000.CR_REMOTE)) {
            remoteComplete();
        }
        if ((value & Ne2000.CR_TXP) != 0 && !isStopped) {
            transmit();
        }
    }

    private void writePage0(int register, int value) {
        switch (register) {
            case Ne2000.P0W_PSTART -> ring.start = value;
            case Ne2000.P0W_PSTOP -> ring.stop = value;
            case Ne2000.P0_BNRY -> freePages(value);
            case Ne2000.P0W_TPSR -> transmitPage = value;
            case Ne2000.P0W_TBCR0 -> transmitCount = transmitCount & ~BYTE | value;
            case Ne2000.P0W_TBCR1 -> transmitCount = transmitCount & BYTE | value << 8;
            case Ne2000.P0_ISR -> interruptStatus &= ~value | Ne2000.ISR_RST;
            case Ne2000.P0W_RSAR0 -> remote.setAddress(remote.address() & ~BYTE | value);
            case Ne2000.P0W_RSAR1 -> remote.setAddress(remote.address() & BYTE | value << 8);
            case Ne2000.P0W_RBCR0 -> remote.setCount(remote.count() & ~BYTE | value);
            case Ne2000.P0W_RBCR1 -> remote.setCount(remote.count() & BYTE | value << 8);
            case Ne2000.P0W_RCR -> receiveConfiguration = value & 0x3f;
            case Ne2000.P0W_TCR -> transmitConfiguration = value & 0x1f;
            case Ne2000.P0W_DCR -> {
                dataConfiguration = value & 0x7f;
                remote.setWide((value & Ne2000.DCR_WTS) != 0);
            }
            default -> interruptMask = value & INTERRUPTS;
        }
    }

    private void freePages(int boundary) {
        ring.boundary = boundary;
        if (overflowed) {
            overflowed = false;
            interruptStatus &= isStopped() ? BYTE : ~Ne2000.ISR_RST;
        }
    }

    private void writePage1(int register, int value) {
        if (register == Ne2000.P1_CURR) {
            ring.current = value;
        } else if (register < Ne2000.P1_CURR) {
            filter.physical[register - Ne2000.P1_PAR0] = (byte) value;
        } else {
            filter.multicast[register - Ne2000.P1_MAR0] = (byte) value;
        }
    }

    private boolean isLoopback() {
        return (transmitConfiguration & Ne2000.TCR_LOOPBACK) != 0;
    }

    private void transmit() {
        boolean hasSequence = (transmitConfiguration & Ne2000.TCR_CRC) != 0;
        int length = Math.min(transmitCount, frame.length);
        memory.read(transmitPage * Ne2000.PAGE, frame, length);
        interruptStatus |= Ne2000.ISR_PTX;
        transmitStatus = Ne2000.TSR_PTX;
        if (isLoopback()) {
            loopBack(length, hasSequence);
            return;
        }
        int payload = hasSequence ? length - Ne2000.CHECK_SEQUENCE : length;
        // What no receiver would take is sent, and gone: jabber, fragments, a wrong check sequence.
        boolean sound = payload >= Ne2000.FRAME_HEADER && transmitCount <= LONGEST;
        outgoing = sound && (!hasSequence || isSequenceRight(payload)) ? payload : 0;
    }

    private boolean isSequenceRight(int length) {
        int value = sequence(length);
        for (int i = 0; i < Ne2000.CHECK_SEQUENCE; i++) {
            if (frame[length + i] != (byte) (value >> 8 * i)) {
                return false;
            }
        }
        return true;
    }

    private int sequence(int length) {
        crc.reset();
        crc.update(frame, 0, length);
        return (int) crc.getValue();
    }

    /**
     * The frame goes through the receiver and leaves its end in the FIFO ("Loopback Diagnostics"). The receiver reports a
     * CRC error unless the frame brought its own check sequence, and no reception, as nothing reaches memory.
     */
    private void loopBack(int length, boolean hasSequence) {
        int mode = transmitConfiguration & Ne2000.TCR_LOOPBACK;
        transmitStatus = LOOPBACK_TSR
                | (mode == Ne2000.TCR_LOOPBACK_INTERNAL ? Ne2000.TSR_CRS : 0)
                | (mode != Ne2000.TCR_LOOPBACK_EXTERNAL ? Ne2000.TSR_CDH : 0);
        int payload = hasSequence ? Math.max(0, length - Ne2000.CHECK_SEQUENCE) : length;
        boolean isRight = hasSequence && length >= Ne2000.CHECK_SEQUENCE && isSequenceRight(payload);
        receiveStatus = isRight ? Ne2000.RSR_PRX : Ne2000.RSR_CRC;
        int value = sequence(payload);
        fifo[0] = payload > 0 ? frame[payload - 1] : 0;
        for (int i = 0; i < Ne2000.CHECK_SEQUENCE; i++) {
            fifo[1 + i] = hasSequence && length >= Ne2000.CHECK_SEQUENCE ? frame[payload + i] : (byte) (value >> 8 * i);
        }
        int counted = payload + Ne2000.CHECK_SEQUENCE;
        fifo[5] = (byte) counted;
        fifo[6] = (byte) (counted >> 8);
        fifo[7] = fifo[6];
        fifoPosition = 0;
    }

    /** The bytes of a frame that has just been transmitted, which are the first of {@link #frame}; 0 if none was. */
    int takeOutgoing() {
        int length = outgoing;
        outgoing = 0;
        return length;
    }

    /** Where frames are put together: room for a frame and its check sequence. */
    byte[] frame() {
        return frame;
    }

    /** Whether a frame of so many bytes can be received at all. */
    static boolean fits(int length) {
        return length >= Ne2000.FRAME_HEADER && length <= LONGEST;
    }

    /**
     * A frame comes over the wire; it is in {@link #frame}. Short ones are padded, as their sender ought to have done.
     *
     * @return whether it is in the ring
     */
    boolean receive(int length) {
        if (isStopped() || isLoopback() || !filter.accepts(frame, receiveConfiguration)) {
            return false;
        }
        int group = AddressFilter.isGroup(frame) ? Ne2000.RSR_PHY : 0;
        if ((receiveConfiguration & Ne2000.RCR_MON) != 0) {
            receiveStatus = Ne2000.RSR_DIS | Ne2000.RSR_MPA | group;
            tally();
            return false;
        }
        int padded = Math.max(length, Ne2000.MIN_FRAME);
        Arrays.fill(frame, length, padded, (byte) 0);
        int value = sequence(padded);
        for (int i = 0; i < Ne2000.CHECK_SEQUENCE; i++) {
            frame[padded + i] = (byte) (value >> 8 * i);
        }
        int status = Ne2000.RSR_PRX | group;
        if (overflowed || !ring.store(frame, padded + Ne2000.CHECK_SEQUENCE, status)) {
            overflow();
            return false;
        }
        receiveStatus = status;
        interruptStatus |= Ne2000.ISR_PRX;
        return true;
    }

    private void overflow() {
        if (!overflowed) {
            overflowed = true;
            interruptStatus |= Ne2000.ISR_OVW | Ne2000.ISR_RST;
        }
        receiveStatus = Ne2000.RSR_MPA;
        tally();
    }

    /** Frames missed: the third of the counters. */
    private void tally() {
        tallies[2] = Math.min(tallies[2] + 1, MOST_TALLY);
        if (tallies[2] == TALLY_ALARM) {
            interruptStatus |= Ne2000.ISR_CNT;
        }
    }
}
