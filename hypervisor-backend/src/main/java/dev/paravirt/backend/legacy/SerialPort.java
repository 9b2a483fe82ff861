// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.console.ConsoleLine;
import dev.paravirt.backend.transport.trap.InterruptOutput;
import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.backend.transport.trap.TrappedDevice;
import dev.paravirt.spec.legacy.Uart;

/**
 * A serial port of a PC with a 16550A UART, to National Semiconductor, "PC16550D Universal Asynchronous
 * Receiver/Transmitter with FIFOs". As on a PC's adapter, OUT2 lets the UART's interrupt through to the line.
 *
 * <p>The line takes no time: a character is sent when the end takes it, and what a real receiver would call silence of
 * four characters' length, after which it indicates a timeout, is here at once. The divisor is kept and has no effect;
 * neither have the parity and stop bits.
 *
 * <p>Input from a {@link ConsoleEnd} waits while the receiver is full, so nothing of it is lost; {@link #receive} brings
 * characters as a wire does.
 */
public final class SerialPort implements TrappedDevice, ConsoleLine {
    private static final int BYTE = 0xff;
    private static final int CONNECTED = Uart.MSR_CTS | Uart.MSR_DSR | Uart.MSR_DCD;

    private final String name;
    private final ConsoleEnd end;
    private final InterruptOutput interrupt;
    private final byte[] single = new byte[1];

    // All guarded by this.
    private final CharacterFifo received = new CharacterFifo();
    private final CharacterFifo toSend = new CharacterFifo();
    private boolean fifosEnabled;
    private int trigger = 1;
    private int interruptEnable;
    private int lineControl;
    private int modemControl;
    private int scratch;
    private int divisor;
    private boolean overrun;
    private boolean thrEmptyPending;
    private int modemInputs = CONNECTED;
    private int effectiveInputs = CONNECTED;
    private int modemDeltas;
    private boolean inputRefused;
    private boolean closed;

    /** @param end belongs to the port, which closes it */
    public SerialPort(String name, ConsoleEnd end, InterruptOutput interrupt) {
        this.name = name;
        this.end = end;
        this.interrupt = interrupt;
        end.attach(this);
    }

    /** Puts it at its eight ports. */
    public void install(TrapBus bus, int port) {
        bus.ports(port, Uart.REGISTERS, this, 0);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String registerName(int register, boolean write) {
        return switch (register) {
            case Uart.RBR -> write ? "THR" : "RBR";
            case Uart.IER -> "IER";
            case Uart.IIR -> write ? "FCR" : "IIR";
            case Uart.LCR -> "LCR";
            case Uart.MCR -> "MCR";
            case Uart.LSR -> "LSR";
            case Uart.MSR -> "MSR";
            default -> "SCR";
        };
    }

    @Override
    public synchronized int read(int register, int width) {
        int value = 0;
        for (int b = 0; b < width; b++) {
            int at = register + b;
            value |= (at < Uart.REGISTERS ? readRegister(at) : BYTE) << 8 * b;
        }
        updateInterrupt();
        return value;
    }

    private int readRegister(int register) {
        return switch (register) {
            case Uart.RBR -> isDlab() ? divisor & BYTE : readReceiver();
            case Uart.IER -> isDlab() ? divisor >> 8 : interruptEnable;
            case Uart.IIR -> readIdentification();
            case Uart.LCR -> lineControl;
            case Uart.MCR -> modemControl;
            case Uart.LSR -> readLineStatus();
            case Uart.MSR -> readModemStatus();
            default -> scratch;
        };
    }

    private boolean isDlab() {
        return (lineControl & Uart.LCR_DLAB) != 0;
    }

    private boolean isLoop() {
        return (modemControl & Uart.MCR_LOOP) != 0;
    }

    private int readReceiver() {
        if (received.isEmpty()) {
            return 0;
        }
        int character = received.take();
        wantInput();
        return character;
    }

    private void wantInput() {
        if (inputRefused && received.room() > 0 && !isLoop()) {
            inputRefused = false;
            end.inputWanted();
        }
    }

    private int readIdentification() {
        int id = pendingInterrupt();
        if (id == Uart.IIR_THR_EMPTY) {
            thrEmptyPending = false;
        }
        return id | (fifosEnabled ? Uart.IIR_FIFOS : 0);
    }

    private int readLineStatus() {
        int status = lineStatus();
        overrun = false;
        received.clearFirstErrors();
        return status;
    }

    private int lineStatus() {
        int status = received.firstErrors();
        status |= received.isEmpty() ? 0 : Uart.LSR_DR;
        status |= overrun ? Uart.LSR_OE : 0;
        status |= toSend.isEmpty() ? Uart.LSR_THRE | Uart.LSR_TEMT : 0;
        return status | (fifosEnabled && received.hasErrors() ? Uart.LSR_FIFO_ERROR : 0);
    }

    private int readModemStatus() {
        int status = effectiveInputs | modemDeltas;
        modemDeltas = 0;
        return status;
    }

    /** The interrupt with the highest priority among those that are enabled ("Interrupt Control Functions"). */
    private int pendingInterrupt() {
        boolean lineError = overrun || received.firstErrors() != 0;
        if (lineError && isEnabled(Uart.IER_ELSI)) {
            return Uart.IIR_LINE_STATUS;
        }
        if (!received.isEmpty() && isEnabled(Uart.IER_ERBFI)) {
            return received.count() >= trigger ? Uart.IIR_RECEIVED_DATA : Uart.IIR_TIMEOUT;
        }
        if (thrEmptyPending && isEnabled(Uart.IER_ETBEI)) {
            return Uart.IIR_THR_EMPTY;
        }
        return modemDeltas != 0 && isEnabled(Uart.IER_EDSSI) ? Uart.IIR_MODEM_STATUS : Uart.IIR_NONE;
    }

    private boolean isEnabled(int bit) {
        return (interruptEnable & bit) != 0;
    }

    private void updateInterrupt() {
        // In loop-back the modem control outputs are inactive, and OUT2 is one of them.
        boolean isGated = (modemControl & Uart.MCR_OUT2) == 0 || isLoop();
        interrupt.set(!isGated && !closed && pendingInterrupt() != Uart.IIR_NONE);
    }

    @Override
    public synchronized void write(int register, int width, int value) {
        for (int b = 0; b < width && register + b < Uart.REGISTERS; b++) {
            writeRegister(register + b, value >> 8 * b & BYTE);
        }
        updateInterrupt();
    }

    private void writeRegister(int register, int value) {
        switch (register) {
            case Uart.THR -> {
                if (isDlab()) {
                    divisor = divisor & ~BYTE | value;
                } else {
                    transmit(value);
                }
            }
            case Uart.IER -> {
                if (isDlab()) {
                    divisor = divisor & BYTE | value << 8;
                } else {
                    enableInterrupts(value & Uart.IER_ALL);
                }
            }
            case Uart.FCR -> controlFifos(value);
            case Uart.LCR -> lineControl = value;
            case Uart.MCR -> controlModem(value & Uart.MCR_ALL);
            case Uart.SCR -> scratch = value;
            default -> {
                // LSR and MSR are for reading; writing them is for the factory's tests.
            }
        }
    }

    /** An interrupt of the empty transmitter that is enabled anew is given at once, as chips do. */
    private void enableInterrupts(int bits) {
        boolean isNew = (bits & ~interruptEnable & Uart.IER_ETBEI) != 0;
        interruptEnable = bits;
        thrEmptyPending |= isNew && toSend.isEmpty();
    }

    private void controlFifos(int value) {
        boolean enable = (value & Uart.FCR_ENABLE) != 0;
        if (enable != fifosEnabled) {
            fifosEnabled = enable;
            received.setCapacity(enable ? Uart.FIFO_SIZE : 1);
            toSend.setCapacity(enable ? Uart.FIFO_SIZE : 1);
            thrEmptyPending = true;
        }
        if (enable) { // the other bits are written only with it
            trigger = Uart.triggerLevel(value);
            if ((value & Uart.FCR_RESET_RECEIVER) != 0) {
                received.clear();
            }
            if ((value & Uart.FCR_RESET_TRANSMITTER) != 0) {
                thrEmptyPending |= !toSend.isEmpty();
                toSend.clear();
            }
        } else {
            trigger = 1;
        }
        wantInput();
    }

    private void controlModem(int value) {
        modemControl = value;
        updateModemInputs();
        send();
        wantInput();
    }

    /** In loop-back, RTS, DTR, OUT1 and OUT2 are what the inputs CTS, DSR, RI and DCD see. */
    private void updateModemInputs() {
        int now = modemInputs;
        if (isLoop()) {
            now = (modemControl & Uart.MCR_RTS) != 0 ? Uart.MSR_CTS : 0;
            now |= (modemControl & Uart.MCR_DTR) != 0 ? Uart.MSR_DSR : 0;
            now |= (modemControl & Uart.MCR_OUT1) != 0 ? Uart.MSR_RI : 0;
            now |= (modemControl & Uart.MCR_OUT2) != 0 ? Uart.MSR_DCD : 0;
        }
        int changed = now ^ effectiveInputs;
        int ended = effectiveInputs & ~now;
        // Of the ring indicator, only its end is told.
        modemDeltas |= (changed & ~Uart.MSR_RI | ended & Uart.MSR_RI) >> 4;
        effectiveInputs = now;
    }

    private void transmit(int character) {
        thrEmptyPending = false;
        if (toSend.room() > 0) {
            toSend.add(character, 0);
            send();
        }
    }

    /** Sends what the line takes. */
    private void send() {
        int before = toSend.count();
        boolean goesOn = before > 0 && !closed;
        while (goesOn && !toSend.isEmpty()) {
            int character = toSend.first() & wordMask();
            if (isLoop()) {
                takeIn(character, 0);
            } else {
                single[0] = (byte) character;
                goesOn = end.write(single, 0, 1) == 1;
            }
            if (goesOn) {
                toSend.take();
            }
        }
        thrEmptyPending |= before > 0 && toSend.isEmpty();
    }

    private int wordMask() {
        return BYTE >> 3 - (lineControl & Uart.LCR_WORD_LENGTH);
    }

    private void takeIn(int character, int errors) {
        if (received.room() > 0) {
            received.add(character & wordMask(), errors);
        } else if (fifosEnabled) {
            overrun = true; // the character in the shift register is lost
        } else {
            received.take(); // without FIFOs, the one before is lost
            received.add(character & wordMask(), errors);
            overrun = true;
        }
    }

    @Override
    public synchronized int input(byte[] bytes, int start, int length) {
        int taken = 0;
        if (!isLoop() && !closed) {
            taken = Math.min(length, received.room());
            for (int i = 0; i < taken; i++) {
                takeIn(bytes[start + i], 0);
            }
        }
        inputRefused |= taken < length;
        updateInterrupt();
        return taken;
    }

    /**
     * A character comes over the wire, whether there is room for it or not. In loop-back, the receiver does not hear it.
     *
     * @param errors any of {@link Uart#LSR_CHARACTER_ERRORS}; a break is a character 0 with {@link Uart#LSR_BI}
     */
    public synchronized void receive(int character, int errors) {
        if (!isLoop()) {
            takeIn(character, errors & Uart.LSR_CHARACTER_ERRORS);
            updateInterrupt();
        }
    }

    /** The other end of the cable sets its lines: any of MSR_CTS, MSR_DSR, MSR_RI and MSR_DCD are on. */
    public synchronized void setModemInputs(int inputs) {
        modemInputs = inputs & ~Uart.MSR_DELTAS & BYTE;
        updateModemInputs();
        updateInterrupt();
    }

    @Override
    public synchronized void outputWanted() {
        send();
        updateInterrupt();
    }

    /** A serial line has no way to tell the size of a terminal. */
    @Override
    public void resized(int columns, int rows) {}

    /** The carrier comes and goes with whoever is at the other end; what is sent meanwhile is taken nevertheless. */
    @Override
    public synchronized void hostOpen(boolean open) {
        setModemInputs(open ? modemInputs | Uart.MSR_DCD : modemInputs & ~Uart.MSR_DCD);
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        end.close();
    }
}
