// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.OutgoingFrame;
import dev.paravirt.guest.driver.ReceivedFrame;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.net.NetworkInterface;
import dev.paravirt.toyos.net.NetworkStack;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A network card behind a virtio driver. The stack works when the interrupt controller polls: what arrives is handled by
 * whichever task gives the CPU away, and no task has to be switched to before the one that waits for it.
 */
final class DriverNetworkInterface implements NetworkInterface, InterruptSource, DeviceStatistics {
    private static final int PAIR = 0;
    private static final int BATCH = 64;
    private static final int ETHERNET_HEADER = 14;
    private static final long LOCAL_STATION = 0x0200_0000_0000L;
    private static final long STATION_BITS = 0x00FF_FFFF_FFFFL;

    private final NetDriver driver;
    private final LongSupplier exits;
    private final long mac;
    private final int mtu;
    private final boolean completesChecksums;
    private final boolean cutsSegments;
    private final @Nullable ReceivedFrame[] arrived = new @Nullable ReceivedFrame[BATCH];
    private int taken;
    private int count;
    private boolean verified;
    private @Nullable OutgoingFrame room;
    private @Nullable NetworkStack stack;
    /** Whether frames came or went since the CPU slept: then more is likely soon. */
    private boolean traffic;

    private boolean transmitArmed;
    private long interrupts;

    /**
     * @param frameSize the longest frame that the driver has buffers to send
     * @param random to choose an address if the device has none
     */
    DriverNetworkInterface(NetDriver driver, FoundDevice found, int frameSize, RandomGenerator random)
            throws DeviceException {
        this.driver = driver;
        exits = found.exits(() -> driver.notifications(PAIR));
        mac = address(driver, random);
        mtu = Math.min(driver.mtu(), frameSize - ETHERNET_HEADER);
        completesChecksums = driver.features().has(NetFeatures.CSUM);
        cutsSegments = completesChecksums && driver.features().has(NetFeatures.HOST_TSO4);
    }

    private static long address(NetDriver driver, RandomGenerator random) throws DeviceException {
        byte[] octets = new byte[NetConfig.MAC_SIZE];
        if (driver.mac(octets)) {
            long given = 0;
            for (byte octet : octets) {
                given = given << 8 | octet & 0xFF;
            }
            return given;
        }
        long chosen = LOCAL_STATION | random.nextLong() & STATION_BITS;
        for (int i = 0; i < octets.length; i++) {
            octets[i] = (byte) (chosen >>> 8 * (octets.length - 1 - i));
        }
        if (driver.features().has(NetFeatures.CTRL_MAC_ADDR)) {
            driver.setMac(octets);
        }
        return chosen;
    }

    /** Who gets the frames from now on. */
    void connect(NetworkStack owner) {
        stack = owner;
    }

    @Override
    public long mac() {
        return mac;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public boolean linkUp() {
        return driver.linkUp();
    }

    @Override
    public boolean completesChecksums() {
        return completesChecksums;
    }

    @Override
    public boolean cutsSegments() {
        return cutsSegments;
    }

    @Override
    public boolean hasRoom() {
        if (room == null) {
            room = driver.take(PAIR);
        }
        return room != null;
    }

    private @Nullable OutgoingFrame takeRoom(int length) {
        OutgoingFrame frame = hasRoom() ? room : null;
        if (frame == null || length > frame.capacity()) {
            return null;
        }
        room = null;
        traffic = true;
        return frame;
    }

    @Override
    public boolean send(byte[] frame, int start, int length) {
        OutgoingFrame outgoing = takeRoom(length);
        if (outgoing == null) {
            return false;
        }
        driver.send(outgoing.put(frame, start, length));
        return true;
    }

    @Override
    public boolean sendUnfinished(
            byte[] frame, int start, int length, int checksumStart, int checksumOffset, int headers, int segment) {
        OutgoingFrame outgoing = takeRoom(length);
        if (outgoing == null) {
            return false;
        }
        outgoing.put(frame, start, length).setChecksum(checksumStart, checksumOffset);
        if (segment > 0) {
            outgoing.setSegmentation(NetHeader.GSO_TCPV4, headers, segment);
        }
        driver.send(outgoing);
        return true;
    }

    @Override
    public void flush() {
        driver.kick(PAIR);
    }

    @Override
    public boolean pending() {
        if (taken == count) {
            taken = 0;
            count = driver.receive(PAIR, arrived);
        }
        return count > 0;
    }

    @Override
    public int receive(byte[] frame) {
        ReceivedFrame received = pending() ? arrived[taken] : null;
        if (received == null) {
            return 0;
        }
        arrived[taken++] = null;
        traffic = true;
        int length = received.length();
        received.get(0, frame, 0, Math.min(length, frame.length));
        // Whoever leaves the checksum to us has nothing between us and them that could spoil the frame.
        verified = received.checksumValid() || received.needsChecksum();
        driver.release(received);
        return length;
    }

    @Override
    public boolean checksumsVerified() {
        return verified;
    }

    @Override
    public boolean poll() {
        NetworkStack owner = stack;
        if (owner == null) {
            return false;
        }
        boolean any = pending();
        owner.poll();
        return any;
    }

    @Override
    public boolean busy() {
        return traffic;
    }

    @Override
    public boolean enableInterrupt() {
        traffic = false;
        NetworkStack owner = stack;
        transmitArmed = owner != null && owner.isStarved();
        boolean safe = !transmitArmed || room == null && driver.enableTransmitInterrupt(PAIR);
        return !pending() && driver.enableReceiveInterrupt(PAIR) && safe;
    }

    @Override
    public void interrupted(int reasons) {
        driver.disableReceiveInterrupt(PAIR);
        if (transmitArmed) {
            driver.disableTransmitInterrupt(PAIR);
        }
        if (reasons != 0) {
            interrupts += pending() ? 1 : 0;
            boolean before = driver.linkUp();
            driver.interrupted(reasons);
            announce(!before && driver.linkUp());
        }
    }

    /** Tells the network where we are, when the device asks for that or the cable was put in again. */
    private void announce(boolean linkCame) {
        NetworkStack owner = stack;
        boolean requested = driver.announcementRequested();
        if (owner != null && (requested || linkCame)) {
            owner.announce();
        }
        if (requested) {
            try {
                driver.acknowledgeAnnouncement();
            } catch (DeviceException failed) {
                // The driver has dealt with a device that fails; one that only refuses to listen asks again.
            }
        }
    }

    @Override
    public String name() {
        return "network";
    }

    @Override
    public long inputs() {
        return driver.framesReceived(PAIR);
    }

    @Override
    public long inputBytes() {
        return driver.bytesReceived(PAIR);
    }

    @Override
    public long outputs() {
        return driver.framesSent(PAIR);
    }

    @Override
    public long outputBytes() {
        return driver.bytesSent(PAIR);
    }

    @Override
    public long exits() {
        return exits.getAsLong();
    }

    @Override
    public long interrupts() {
        return interrupts;
    }

    /** Lets go of the device: nothing is sent or received any more. */
    void stop() throws DeviceException {
        stack = null;
        driver.stop();
    }
}
