// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.legacy;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.platform.PortGate;
import dev.paravirt.spec.legacy.Uart;

/**
 * Drives a serial port with a 16550A UART (PC16550D), with FIFOs and interrupts.
 *
 * <p>For one thread. Allocates nothing after the start.
 */
public final class SerialDriver {
    private static final int IIR_FIFO_SHIFT = 6;
    private static final int LOOPBACK_TEST = Uart.MCR_LOOP | Uart.MCR_OUT2 | Uart.MCR_RTS;
    private static final int LOOPBACK_ANSWER = Uart.MSR_DCD | Uart.MSR_CTS;
    private static final int TEST_CHARACTER = 0xae;
    private static final int TRIGGER_14 = 3 << Uart.FCR_TRIGGER_SHIFT;
    private static final int RECEIVE = Uart.IER_ERBFI | Uart.IER_ELSI;

    private final PortGate ports;
    private final Platform platform;
    private final SerialOptions options;
    private final byte[] buffer;
    private int first;
    private int count;
    private int enabled;
    private int room;
    private int modemStatus;
    private long interrupts;
    private long overruns;
    private long parityErrors;
    private long framingErrors;
    private long breaks;

    /**
     * Looks whether a 16550A is there, has it test itself, and sets it to 8 bits without parity.
     *
     * @throws DeviceException if there is none
     */
    public static SerialDriver start(PortGate ports, Platform platform, SerialOptions options) throws DeviceException {
        SerialDriver driver = new SerialDriver(ports, platform, options);
        driver.probe();
        driver.selfTest();
        driver.setUp();
        return driver;
    }

    private SerialDriver(PortGate ports, Platform platform, SerialOptions options) {
        this.ports = ports;
        this.platform = platform;
        this.options = options;
        this.buffer = new byte[options.bufferBytes()];
    }

    private int read(int register) {
        return ports.in(options.port() + register, 1);
    }

    private void write(int register, int value) {
        ports.out(options.port() + register, 1, value);
    }

    /** The port in words, for messages. */
    public String name() {
        return "serial port at 0x" + Integer.toHexString(options.port());
    }

    private void require(boolean condition, String otherwise) throws DeviceException {
        if (!condition) {
            throw new DeviceException("no 16550A " + name() + ": " + otherwise);
        }
    }

    private void probe() throws DeviceException {
        write(Uart.LCR, Uart.LCR_8N1);
        write(Uart.IER, 0);
        require((read(Uart.IER) & Uart.IER_ALL) == 0, "IER does not hold 0");
        write(Uart.IER, Uart.IER_ALL);
        require(read(Uart.IER) == Uart.IER_ALL, "IER does not hold its four bits");
        write(Uart.IER, 0);
        write(Uart.SCR, TEST_CHARACTER);
        require(read(Uart.SCR) == TEST_CHARACTER, "it has no scratch register");
        write(Uart.FCR, Uart.FCR_ENABLE);
        require(read(Uart.IIR) >> IIR_FIFO_SHIFT == Uart.IIR_FIFOS >> IIR_FIFO_SHIFT, "its FIFOs are not enabled");
    }

    private void selfTest() throws DeviceException {
        write(Uart.MCR, LOOPBACK_TEST);
        require(
                (read(Uart.MSR) & ~Uart.MSR_DELTAS) == LOOPBACK_ANSWER,
                "it fails the loop-back test of its modem lines");
        write(Uart.FCR, Uart.FCR_ENABLE | Uart.FCR_RESET_RECEIVER | Uart.FCR_RESET_TRANSMITTER);
        write(Uart.THR, TEST_CHARACTER);
        require((read(Uart.LSR) & Uart.LSR_DR) != 0, "nothing comes back in loop-back");
        require(read(Uart.RBR) == TEST_CHARACTER, "something else comes back in loop-back");
    }

    private void setUp() {
        write(Uart.LCR, Uart.LCR_DLAB | Uart.LCR_8N1);
        write(Uart.DLL, options.divisor() & 0xff);
        write(Uart.DLM, options.divisor() >> 8);
        write(Uart.LCR, Uart.LCR_8N1);
        write(Uart.FCR, Uart.FCR_ENABLE | Uart.FCR_RESET_RECEIVER | Uart.FCR_RESET_TRANSMITTER | TRIGGER_14);
        write(Uart.MCR, Uart.MCR_DTR | Uart.MCR_RTS | Uart.MCR_OUT2);
        read(Uart.LSR);
        read(Uart.RBR);
        read(Uart.IIR);
        modemStatus = read(Uart.MSR);
        enable(RECEIVE | Uart.IER_EDSSI);
    }

    private void enable(int interruptBits) {
        if (enabled != interruptBits) {
            enabled = interruptBits;
            write(Uart.IER, interruptBits);
        }
    }

    /** Takes all that the UART has to say; only then will its interrupt come again. */
    private void service() {
        int id = read(Uart.IIR) & Uart.IIR_ID;
        while (id != Uart.IIR_NONE) {
            switch (id) {
                case Uart.IIR_LINE_STATUS -> noteErrors(read(Uart.LSR));
                case Uart.IIR_RECEIVED_DATA, Uart.IIR_TIMEOUT -> drain();
                case Uart.IIR_THR_EMPTY -> {
                    room = Uart.FIFO_SIZE;
                    enable(enabled & ~Uart.IER_ETBEI);
                }
                default -> modemStatus = read(Uart.MSR);
            }
            id = read(Uart.IIR) & Uart.IIR_ID;
        }
    }

    private void drain() {
        int status = read(Uart.LSR);
        while ((status & Uart.LSR_DR) != 0 && count < buffer.length) {
            noteErrors(status);
            buffer[(first + count) % buffer.length] = (byte) read(Uart.RBR);
            count++;
            status = read(Uart.LSR);
        }
        noteErrors(status & ~Uart.LSR_CHARACTER_ERRORS);
        if (count == buffer.length) {
            enable(enabled & ~RECEIVE); // the rest waits in the UART
        }
    }

    private void noteErrors(int status) {
        overruns += (status & Uart.LSR_OE) != 0 ? 1 : 0;
        breaks += (status & Uart.LSR_BI) != 0 ? 1 : 0;
        if ((status & Uart.LSR_BI) == 0) {
            parityErrors += (status & Uart.LSR_PE) != 0 ? 1 : 0;
            framingErrors += (status & Uart.LSR_FE) != 0 ? 1 : 0;
        }
    }

    /**
     * Reads what has come.
     *
     * @return bytes read, 0 to {@code length}; 0 if nothing is there
     */
    public int read(byte[] destination, int start, int length) {
        checkRange(destination, start, length);
        if (count == 0) {
            service();
        }
        int taken = Math.min(count, length);
        for (int i = 0; i < taken; i++) {
            destination[start + i] = buffer[first];
            first = (first + 1) % buffer.length;
        }
        count -= taken;
        if (taken > 0) {
            enable(enabled | RECEIVE);
        }
        return taken;
    }

    /**
     * Writes what there is room for.
     *
     * @return bytes taken, 0 to {@code length}
     */
    public int write(byte[] source, int start, int length) {
        checkRange(source, start, length);
        int taken = 0;
        while (taken < length && hasRoom()) {
            write(Uart.THR, source[start + taken] & 0xff);
            room--;
            taken++;
        }
        return taken;
    }

    private static void checkRange(byte[] bytes, int start, int length) {
        if (start < 0 || length < 0 || start > bytes.length - length) {
            throw new IndexOutOfBoundsException(length + " bytes at " + start + " of " + bytes.length);
        }
    }

    /** Whether something can be written now. */
    public boolean hasRoom() {
        if (room == 0) {
            int status = read(Uart.LSR);
            noteErrors(status);
            room = (status & Uart.LSR_THRE) != 0 ? Uart.FIFO_SIZE : 0;
        }
        return room > 0;
    }

    /**
     * Waits until there is something to read.
     *
     * @param timeoutNanos 0 looks without waiting, a negative number waits for ever
     * @return whether there is
     */
    public boolean awaitInput(long timeoutNanos) {
        long start = platform.nanoTime();
        long left = timeoutNanos;
        service();
        while (count == 0 && left != 0) {
            sleep(left);
            left = left(start, timeoutNanos);
        }
        return count > 0;
    }

    /** Waits until something can be written; as {@link #awaitInput}. */
    public boolean awaitRoom(long timeoutNanos) {
        long start = platform.nanoTime();
        long left = timeoutNanos;
        while (!hasRoom() && left != 0) {
            enable(enabled | Uart.IER_ETBEI);
            sleep(left);
            left = left(start, timeoutNanos);
        }
        return room > 0;
    }

    private void sleep(long timeoutNanos) {
        if (platform.waitForInterrupt(options.line(), timeoutNanos) != 0) {
            serve();
        } else {
            service();
        }
    }

    private long left(long start, long timeoutNanos) {
        return timeoutNanos < 0 ? -1 : Math.max(0, timeoutNanos - (platform.nanoTime() - start));
    }

    /** Has the port interrupt, once, when something can be written. Then {@link #serve} is to be called. */
    public void enableRoomInterrupt() {
        enable(enabled | Uart.IER_ETBEI);
    }

    /**
     * To be called when the port's interrupt has come, by whoever waits for it in the driver's stead: takes what the port
     * has to say, as it does not interrupt again before.
     */
    public void serve() {
        interrupts++;
        service();
    }

    /** Whether all that was written has left the port. */
    public boolean isFlushed() {
        int status = read(Uart.LSR);
        noteErrors(status);
        return (status & Uart.LSR_TEMT) != 0;
    }

    /** The modem status register as it was last read. */
    public int modemStatus() {
        service();
        return modemStatus;
    }

    /** Interrupts that were waited for and came. */
    public long interrupts() {
        return interrupts;
    }

    /** Times that the UART says it lost characters. */
    public long overruns() {
        return overruns;
    }

    /** Characters with wrong parity. */
    public long parityErrors() {
        return parityErrors;
    }

    /** Characters without a stop bit. */
    public long framingErrors() {
        return framingErrors;
    }

    /** Breaks; each is also read as a character 0. */
    public long breaks() {
        return breaks;
    }
}
