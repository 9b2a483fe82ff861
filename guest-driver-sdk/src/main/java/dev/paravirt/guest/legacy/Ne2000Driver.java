// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.legacy;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.platform.PortGate;
import dev.paravirt.spec.legacy.Ne2000;

/**
 * Drives an NE2000 (DP8390D with a data port): one frame at a time in either direction, by way of the card's memory.
 *
 * <p>For one thread. Allocates nothing after the start.
 */
public final class Ne2000Driver {
    /** In place of a length: no frame is there. */
    public static final int NONE = -1;

    private static final int TRANSMIT_PAGE = Ne2000.RAM_START;
    private static final int TRANSMIT_PAGES = 6;
    private static final int RING_START = TRANSMIT_PAGE + TRANSMIT_PAGES;
    private static final int RING_STOP = Ne2000.RAM_STOP;
    private static final int FIFO_8_BYTES = 0x40;
    private static final int DATA_CONFIGURATION = FIFO_8_BYTES | Ne2000.DCR_LS | Ne2000.DCR_WTS;
    private static final int WANTED = Ne2000.ISR_PRX | Ne2000.ISR_RXE | Ne2000.ISR_OVW | Ne2000.ISR_CNT;

    private final Ne2000Port port;
    private final Platform platform;
    private final Ne2000Options options;
    private final byte[] address = new byte[Ne2000.ADDRESS];
    private final byte[] multicast = new byte[8];
    private final byte[] header = new byte[Ne2000.RING_HEADER];
    private final byte[] outgoing = new byte[Ne2000.MAX_FRAME];
    private final byte[] incoming = new byte[Ne2000.MAX_FRAME + 4];
    private boolean promiscuous;
    private int next = RING_START;
    private int current = RING_START;
    private long interrupts;
    private long overflows;
    private long missed;
    private long malformed;

    /**
     * Looks whether an NE2000 is there, and starts it; it then receives what is for its own address and for all.
     *
     * @throws DeviceException if there is none
     */
    public static Ne2000Driver start(PortGate ports, Platform platform, Ne2000Options options) throws DeviceException {
        Ne2000Driver driver = new Ne2000Driver(ports, platform, options);
        driver.probe();
        driver.setUp();
        return driver;
    }

    private Ne2000Driver(PortGate ports, Platform platform, Ne2000Options options) {
        this.port = new Ne2000Port(ports, platform, options);
        this.platform = platform;
        this.options = options;
    }

    private void probe() throws DeviceException {
        port.stop();
        if (port.read(Ne2000.CR) != (Ne2000.CR_NO_DMA | Ne2000.CR_STP)) {
            throw new DeviceException("no " + port.name());
        }
        port.reset();
        byte[] prom = new byte[Ne2000.PROM];
        port.stop();
        port.write(Ne2000.P0W_DCR, DATA_CONFIGURATION);
        port.write(Ne2000.P0W_RCR, Ne2000.RCR_MON);
        port.write(Ne2000.P0W_TCR, Ne2000.TCR_LOOPBACK_INTERNAL);
        port.readMemory(0, prom, 0, prom.length);
        if (prom[28] != Ne2000.PROM_MARK || prom[30] != Ne2000.PROM_MARK) {
            throw new DeviceException(port.name() + " is none: its PROM does not say so");
        }
        for (int i = 0; i < Ne2000.ADDRESS; i++) {
            address[i] = prom[2 * i];
        }
    }

    /** The initialization sequence of the data sheet ("Initialization Sequence"). */
    private void setUp() {
        port.stop();
        port.write(Ne2000.P0W_DCR, DATA_CONFIGURATION);
        port.write(Ne2000.P0W_RBCR0, 0);
        port.write(Ne2000.P0W_RBCR1, 0);
        port.write(Ne2000.P0W_RCR, Ne2000.RCR_MON);
        port.write(Ne2000.P0W_TCR, Ne2000.TCR_LOOPBACK_INTERNAL);
        port.write(Ne2000.P0W_PSTART, RING_START);
        port.write(Ne2000.P0W_PSTOP, RING_STOP);
        port.write(Ne2000.P0_BNRY, RING_STOP - 1);
        port.write(Ne2000.P0W_TPSR, TRANSMIT_PAGE);
        port.write(Ne2000.P0_ISR, 0xff);
        port.write(Ne2000.P0W_IMR, 0);
        port.write(Ne2000.CR, Ne2000.CR_PAGE_1 | Ne2000.CR_NO_DMA | Ne2000.CR_STP);
        for (int i = 0; i < address.length; i++) {
            port.write(Ne2000.P1_PAR0 + i, address[i] & 0xff);
        }
        for (int i = 0; i < multicast.length; i++) {
            port.write(Ne2000.P1_MAR0 + i, multicast[i] & 0xff);
        }
        port.write(Ne2000.P1_CURR, RING_START);
        next = RING_START;
        current = RING_START;
        port.command(0);
        port.write(Ne2000.P0W_TCR, 0);
        port.write(Ne2000.P0W_RCR, receiveConfiguration());
        port.write(Ne2000.P0W_IMR, WANTED);
    }

    private int receiveConfiguration() {
        return Ne2000.RCR_AB | Ne2000.RCR_AM | (promiscuous ? Ne2000.RCR_PRO : 0);
    }

    /** The card in words, for messages. */
    public String name() {
        return port.name();
    }

    /** Copies the six bytes of the card's address. */
    public void mac(byte[] mac) {
        System.arraycopy(address, 0, mac, 0, address.length);
    }

    /**
     * Receives everything, or no more than what is for this station.
     *
     * @param on everything
     */
    public void setPromiscuous(boolean on) {
        promiscuous = on;
        for (int i = 0; i < multicast.length; i++) {
            multicast[i] = (byte) (on ? 0xff : 0);
        }
        writeFilter();
    }

    /** Receives the frames of a group, and those of others that the card cannot tell from it. */
    public void joinGroup(byte[] group) {
        int crc = -1;
        for (int i = 0; i < Ne2000.ADDRESS; i++) {
            for (int bit = 0; bit < 8; bit++) {
                int carry = crc >>> 31 ^ group[i] >> bit & 1;
                crc = crc << 1 ^ (carry == 0 ? 0 : 0x04c1_1db7);
            }
        }
        multicast[crc >>> 29] |= (byte) (1 << (crc >>> 26 & 7));
        writeFilter();
    }

    private void writeFilter() {
        port.command(Ne2000.CR_PAGE_1);
        for (int i = 0; i < multicast.length; i++) {
            port.write(Ne2000.P1_MAR0 + i, multicast[i] & 0xff);
        }
        port.command(0);
        port.write(Ne2000.P0W_RCR, receiveConfiguration());
    }

    /**
     * Sends a frame, and waits until it is sent.
     *
     * @param length bytes from the destination address on, without a check sequence: 14 to 1514; short ones are padded
     */
    public void send(byte[] frame, int start, int length) throws DeviceException {
        if (start < 0 || length < Ne2000.FRAME_HEADER || length > Ne2000.MAX_FRAME || start > frame.length - length) {
            throw new IllegalArgumentException(length + " bytes at " + start + " of " + frame.length);
        }
        System.arraycopy(frame, start, outgoing, 0, length);
        int padded = Math.max(length, Ne2000.MIN_FRAME);
        for (int i = length; i < padded; i++) {
            outgoing[i] = 0;
        }
        port.writeMemory(TRANSMIT_PAGE * Ne2000.PAGE, outgoing, 0, padded + 1 & ~1);
        port.write(Ne2000.P0W_TPSR, TRANSMIT_PAGE);
        port.write(Ne2000.P0W_TBCR0, padded & 0xff);
        port.write(Ne2000.P0W_TBCR1, padded >> 8);
        port.command(Ne2000.CR_TXP);
        port.await(Ne2000.CR, Ne2000.CR_TXP, 0, "finish a transmission");
    }

    /**
     * Takes a frame from the ring.
     *
     * @param destination of at least 1514 bytes
     * @return its length without the check sequence, 60 to 1514, or {@link #NONE}
     */
    public int receive(byte[] destination) throws DeviceException {
        if (next == current && !look()) {
            return NONE;
        }
        port.readMemory(next * Ne2000.PAGE, header, 0, Ne2000.RING_HEADER);
        int following = header[1] & 0xff;
        int length = (header[2] & 0xff | (header[3] & 0xff) << 8) - Ne2000.CHECK_SEQUENCE;
        boolean sound = (header[0] & Ne2000.RSR_PRX) != 0
                && following >= RING_START
                && following < RING_STOP
                && length >= Ne2000.MIN_FRAME
                && length <= incoming.length;
        if (!sound) {
            // The card and we have lost each other: all that is in the ring is lost.
            malformed++;
            setUp();
            return NONE;
        }
        int kept = Math.min(length, Ne2000.MAX_FRAME);
        port.readMemory(next * Ne2000.PAGE + Ne2000.RING_HEADER, incoming, 0, kept + 1 & ~1);
        System.arraycopy(incoming, 0, destination, 0, kept);
        next = following;
        port.write(Ne2000.P0_BNRY, following == RING_START ? RING_STOP - 1 : following - 1);
        if (length > kept) {
            malformed++;
            return NONE;
        }
        return kept;
    }

    /** Hears what the card has to say, and whether there are frames. */
    private boolean look() throws DeviceException {
        int status = port.read(Ne2000.P0_ISR) & WANTED;
        if (status != 0) {
            port.write(Ne2000.P0_ISR, status & ~Ne2000.ISR_OVW);
        }
        if ((status & Ne2000.ISR_CNT) != 0) {
            missed += port.read(Ne2000.P0R_CNTR2);
        }
        if ((status & Ne2000.ISR_OVW) != 0) {
            recoverFromOverflow();
        }
        port.command(Ne2000.CR_PAGE_1);
        current = port.read(Ne2000.P1_CURR);
        port.command(0);
        return next != current;
    }

    /** The data sheet's way back ("Buffer Ring Overflow"); our transmissions are over before anything else begins. */
    private void recoverFromOverflow() throws DeviceException {
        overflows++;
        port.stop();
        port.await(Ne2000.P0_ISR, Ne2000.ISR_RST, Ne2000.ISR_RST, "stop");
        port.write(Ne2000.P0W_RBCR0, 0);
        port.write(Ne2000.P0W_RBCR1, 0);
        port.write(Ne2000.P0W_TCR, Ne2000.TCR_LOOPBACK_INTERNAL);
        port.command(0);
        missed += port.read(Ne2000.P0R_CNTR2);
        port.write(Ne2000.P0_ISR, Ne2000.ISR_OVW);
        port.write(Ne2000.P0W_TCR, 0);
    }

    /**
     * Waits until a frame is there.
     *
     * @param timeoutNanos 0 looks without waiting, a negative number waits for ever
     * @return whether one is
     */
    public boolean awaitReceive(long timeoutNanos) throws DeviceException {
        long start = platform.nanoTime();
        long left = timeoutNanos;
        while (next == current && !look() && left != 0) {
            if (platform.waitForInterrupt(options.line(), left) != 0) {
                interrupts++;
            }
            left = timeoutNanos < 0 ? -1 : Math.max(0, timeoutNanos - (platform.nanoTime() - start));
        }
        return next != current;
    }

    /** Interrupts that were waited for and came. */
    public long interrupts() {
        return interrupts;
    }

    /** Times that the ring was full. */
    public long overflows() {
        return overflows;
    }

    /** Frames that the card counted as missed. */
    public long missed() {
        return missed;
    }

    /** Ring entries that made no sense. */
    public long malformed() {
        return malformed;
    }

    /** Takes the card off the network. */
    public void stop() {
        port.write(Ne2000.P0W_IMR, 0);
        port.stop();
    }
}
