// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import org.jspecify.annotations.Nullable;

/**
 * Drives a network device (VIRTIO 1.4, "Network Device").
 *
 * <p><b>Frames are not copied.</b> The driver has its buffers from the start. To send: {@link #take} one, write the frame
 * into it, {@link #send} it, and {@link #kick} once a batch. To receive: {@link #receive} a batch, read the frames where
 * they are, {@link #release} each. A frame that is held keeps its buffer from the device, which drops what it has no
 * buffer for.
 *
 * <p><b>Waiting.</b> The device is asked for interrupts only inside of {@link #awaitReceive} and {@link #awaitTransmit}.
 * Link changes are noticed there, and by {@link #checkInterrupt} for those who never wait.
 *
 * <p><b>When a device fails</b>, because it asks for a reset, leaves a control command unanswered, or writes nonsense into
 * a queue, the driver resets it, initializes it anew, gives it its receive buffers again and tells it what control commands
 * had set. Frames under way in either direction are lost, as they may always be on a network; {@link #lost} counts those
 * that the driver knows of. Frames received completely and those being written stay valid. A device that does not complete
 * its reset, or that moves no frame between resets, is given up: {@link #failure} says why.
 *
 * <p><b>When a device is lost</b> ({@link Transport#loss}), it is reset as well, and loses frames in the same way. But such a
 * reset does not count as one in vain: the driver goes on however often a device is lost, and gives up only if there will
 * be no other, or one with other properties. Whoever waits then waits for the device, too; {@link #receive} and {@link #take} find nothing until it is
 * there again, and then take the reset upon themselves.
 *
 * <p><b>Threads.</b> For one thread at a time. Without automatic recovery ({@link NetDriverOptions#withRecovery}) methods
 * that name a pair or a frame of it need that for each pair alone, if pairs have lines of their own; all others belong to
 * the thread of pair 0. Nothing is allocated after the start, except for exceptions.
 */
public final class NetDriver {
    private final NetSession session;
    private final NetCommands commands;

    /**
     * Starts a device: from reset to DRIVER_OK, with its receive buffers.
     *
     * @throws DeviceException if it is no network device, cannot be driven, or fails on the way
     */
    public static NetDriver start(Transport transport, Platform platform, NetDriverOptions options)
            throws DeviceException {
        return new NetDriver(new NetSession(transport, platform, options));
    }

    private NetDriver(NetSession session) {
        this.session = session;
        this.commands = new NetCommands(session);
    }

    /** The device in words: "network device 0". */
    public String name() {
        return session.transport.name();
    }

    /** The features that both sides have accepted. */
    public FeatureBits features() {
        return session.features;
    }

    /** Pairs of queues in use; they are numbered from 0. */
    public int pairs() {
        return session.receive.length;
    }

    /** Receive buffers of each pair. */
    public int receiveBuffers() {
        return session.receive[0].count();
    }

    /** Transmit buffers of each pair. */
    public int transmitBuffers() {
        return session.transmit[0].count();
    }

    /**
     * Copies the address that the device was given.
     *
     * @param mac 6 bytes
     * @return false, with nothing copied, if it has none, or one that no station can have: choose one
     */
    public boolean mac(byte[] mac) {
        int any = 0;
        for (int octet = 0; octet < NetConfig.MAC_SIZE; octet++) {
            any |= session.config().get8(NetConfig.MAC + octet);
        }
        boolean group = (session.config().get8(NetConfig.MAC) & 1) != 0;
        if (!features().has(NetFeatures.MAC) || any == 0 || group) {
            return false;
        }
        for (int octet = 0; octet < NetConfig.MAC_SIZE; octet++) {
            mac[octet] = (byte) session.config().get8(NetConfig.MAC + octet);
        }
        return true;
    }

    /** The largest packet without its Ethernet header, in bytes: 68 to 65535, 1500 if the device does not say. */
    public int mtu() {
        return session.mtu();
    }

    /** Whether there is a link; a device without STATUS always has one. */
    public boolean linkUp() {
        return session.failure() == null && (session.linkStatus() & NetConfig.S_LINK_UP) != 0;
    }

    /** How often the link was seen to go up or down. */
    public long linkChanges() {
        return session.linkChanges();
    }

    /** Whether the device asks for gratuitous packets, and then for {@link #acknowledgeAnnouncement}. */
    public boolean announcementRequested() {
        return features().has(NetFeatures.GUEST_ANNOUNCE) && (session.linkStatus() & NetConfig.S_ANNOUNCE) != 0;
    }

    /** Mbit/s, or -1 if unknown. */
    public int speed() {
        boolean known = features().has(NetFeatures.SPEED_DUPLEX);
        int speed = known ? (int) session.config().get32(NetConfig.SPEED) : NetConfig.SPEED_UNKNOWN;
        return Math.max(speed, NetConfig.SPEED_UNKNOWN);
    }

    /** {@link NetConfig#DUPLEX_HALF}, {@link NetConfig#DUPLEX_FULL} or {@link NetConfig#DUPLEX_UNKNOWN}. */
    public int duplex() {
        boolean known = features().has(NetFeatures.SPEED_DUPLEX);
        int duplex = known ? session.config().get8(NetConfig.DUPLEX) : NetConfig.DUPLEX_UNKNOWN;
        return duplex <= NetConfig.DUPLEX_FULL ? duplex : NetConfig.DUPLEX_UNKNOWN;
    }

    /**
     * Takes a buffer to write a frame into.
     *
     * @return null if the device has them all: {@link #kick} and {@link #awaitTransmit}
     */
    public @Nullable OutgoingFrame take(int pair) {
        TransmitQueue queue = session.transmit[pair];
        if (!queue.hasFrame()) {
            session.harvest(queue, queue.count());
        }
        return queue.take();
    }

    /** Gives back a buffer unused. */
    public void discard(OutgoingFrame frame) {
        session.transmit[frame.pair].discard(frame);
    }

    /**
     * Queues a frame in its pair; the device sees it with the next {@link #kick}. On a device that does not work it is
     * lost, and counted.
     *
     * @throws IllegalArgumentException if it is empty, or asks of the device what was not negotiated
     * @throws IllegalStateException if it was sent already
     */
    public void send(OutgoingFrame frame) {
        TransmitQueue queue = session.transmit[frame.pair];
        if (session.isDead()) {
            queue.lose(frame);
        } else {
            queue.send(frame);
        }
    }

    /**
     * Shows the device what was sent and the buffers that were released, and notifies it if it wants that.
     *
     * @return whether a notification was sent
     */
    public boolean kick(int pair) {
        boolean shown = session.kick(session.transmit[pair]);
        return session.kick(session.receive[pair]) || shown;
    }

    /**
     * Takes frames that have arrived, without waiting, oldest first. Shows the device the buffers that were released
     * before, once they are many, or many of what it has.
     *
     * @param frames receives them, from index 0 on
     * @return how many there are, 0 to {@code frames.length}
     */
    public int receive(int pair, @Nullable ReceivedFrame[] frames) {
        ReceiveQueue queue = session.receive[pair];
        if (queue.isWorthShowing()) {
            session.kick(queue);
        }
        session.harvest(queue, Math.min(frames.length, queue.count()));
        int count = 0;
        while (count < frames.length && queue.hasFrame()) {
            frames[count++] = queue.takeReady();
        }
        return count;
    }

    /**
     * Gives the buffers of a frame back: all its pieces.
     *
     * @throws IllegalStateException if that was done already
     */
    public void release(ReceivedFrame frame) {
        session.receive[frame.pair].release(frame);
    }

    /**
     * Waits until {@link #receive} has a frame.
     *
     * @param timeoutNanos 0 for not at all, negative for ever
     * @return false if time ran out, or the device does not work
     */
    public boolean awaitReceive(int pair, long timeoutNanos) {
        session.kick(session.receive[pair]);
        return session.await(session.receive[pair], timeoutNanos);
    }

    /** Waits until {@link #take} has a buffer; as {@link #awaitReceive} otherwise. */
    public boolean awaitTransmit(int pair, long timeoutNanos) {
        return session.await(session.transmit[pair], timeoutNanos);
    }

    /**
     * Asks for an interrupt when a frame arrives: for an operating system that waits for several drivers at once by itself.
     * {@link #awaitReceive} does so on its own.
     *
     * @return whether no frame has arrived yet, so that waiting is safe; if not, {@link #receive}
     */
    public boolean enableReceiveInterrupt(int pair) {
        ReceiveQueue queue = session.receive[pair];
        return !queue.hasFrame() && queue.ring.enableUsedNotifications();
    }

    /** Asks for no interrupts for frames that arrive, as from the start; some may still come. */
    public void disableReceiveInterrupt(int pair) {
        session.receive[pair].ring.disableUsedNotifications();
    }

    /** As {@link #enableReceiveInterrupt}, for a buffer that {@link #take} would have. */
    public boolean enableTransmitInterrupt(int pair) {
        TransmitQueue queue = session.transmit[pair];
        return !queue.hasFrame() && queue.ring.enableUsedNotifications();
    }

    /** As {@link #disableReceiveInterrupt}, for buffers that were sent. */
    public void disableTransmitInterrupt(int pair) {
        session.transmit[pair].ring.disableUsedNotifications();
    }

    /** Takes the interrupt of pair 0 if there is one: how those who poll notice changes of the link. */
    public void checkInterrupt() {
        int reasons = session.platform.waitForInterrupt(session.receive[0].line, 0);
        if (reasons != 0) {
            session.interrupted(reasons);
        }
    }

    /**
     * Tells the driver of an interrupt that the operating system has taken itself.
     *
     * @param reasons as {@link Platform#waitForInterrupt} returns them
     */
    public void interrupted(int reasons) {
        session.interrupted(reasons);
    }

    /**
     * Switches a receive mode; with CTRL_RX, and those after RX_ALLMULTI with CTRL_RX_EXTRA.
     *
     * @param mode one of {@code NetControl.RX_...}
     * @throws DeviceException if the device refuses, fails, or has no such mode; so for all commands
     */
    public void setReceiveMode(int mode, boolean on) throws DeviceException {
        commands.setReceiveMode(mode, on);
    }

    /**
     * Says which addresses to receive besides the device's own; with CTRL_RX.
     *
     * @param unicast 6 bytes each
     * @param multicast 6 bytes each; both together at most 512 addresses
     */
    public void setMacTable(byte[] unicast, byte[] multicast) throws DeviceException {
        commands.setMacTable(unicast, multicast);
    }

    /** Gives the device another address of 6 bytes; with CTRL_MAC_ADDR. */
    public void setMac(byte[] mac) throws DeviceException {
        commands.setMac(mac);
    }

    /** Lets frames with a VLAN identifier through, 0 to 4095; with CTRL_VLAN. */
    public void addVlan(int vlan) throws DeviceException {
        commands.changeVlan(NetControl.VLAN_ADD, vlan);
    }

    /** Keeps frames with a VLAN identifier out; with CTRL_VLAN. */
    public void removeVlan(int vlan) throws DeviceException {
        commands.changeVlan(NetControl.VLAN_DEL, vlan);
    }

    /** Says that the gratuitous packets are sent. */
    public void acknowledgeAnnouncement() throws DeviceException {
        commands.acknowledgeAnnouncement();
    }

    /**
     * Says what of {@link ReceivedFrame#needsChecksum} and segmentation the device may leave to the driver from now on;
     * with CTRL_GUEST_OFFLOADS. Frames that are there already may still have it.
     *
     * @param offloads GUEST_ features, of those that were negotiated: all of which are on at first
     */
    public void setGuestOffloads(FeatureBits offloads) throws DeviceException {
        commands.setGuestOffloads(offloads);
    }

    /**
     * Lets the device put off interrupts of all receive or of all transmit queues; with NOTF_COAL.
     *
     * @param packets that may be used before there has to be one, 0 or more
     * @param microseconds that may pass before there has to be one, 0 or more
     */
    public void setCoalescing(boolean transmit, int packets, int microseconds) throws DeviceException {
        commands.setCoalescing(transmit, packets, microseconds);
    }

    /** The same for one queue; with VQ_NOTF_COAL. */
    public void setCoalescing(int pair, boolean transmit, int packets, int microseconds) throws DeviceException {
        commands.setCoalescing(pair, transmit, packets, microseconds);
    }

    /**
     * Has the device choose the pair of each received frame by its hash; with RSS. With HASH_REPORT this sets what is
     * reported, too.
     *
     * @param hashTypes {@code TYPE_} bits of {@link dev.paravirt.spec.net.NetHash} that the device supports
     * @param key of the hash, at most as long as the device supports: 40 bytes or more
     * @param table the pair for the lower bits of a hash: a power of two entries, 128 or as many as the device supports
     * @param unclassified the pair of frames that have no hash
     */
    public void setSteering(int hashTypes, byte[] key, int[] table, int unclassified) throws DeviceException {
        commands.setSteering(hashTypes, key, table, unclassified);
    }

    /** Says which hashes {@link ReceivedFrame#hashValue} is to be: types and key as above; with HASH_REPORT. */
    public void setHashing(int hashTypes, byte[] key) throws DeviceException {
        commands.setHashing(hashTypes, key);
    }

    /** {@code TYPE_} bits of {@link dev.paravirt.spec.net.NetHash} that the device supports; 0 without RSS and HASH_REPORT. */
    public int supportedHashTypes() {
        return (int) session.config().get32(NetConfig.SUPPORTED_HASH_TYPES);
    }

    /** Frames received in a pair, and their bytes in {@link #bytesReceived}. */
    public long framesReceived(int pair) {
        return session.receive[pair].frames;
    }

    public long bytesReceived(int pair) {
        return session.receive[pair].bytes;
    }

    /** Frames that the device has taken from a pair, and their bytes in {@link #bytesSent}. */
    public long framesSent(int pair) {
        return session.transmit[pair].frames;
    }

    public long bytesSent(int pair) {
        return session.transmit[pair].bytes;
    }

    /** Received frames that were dropped because the device described them wrongly. */
    public long malformed(int pair) {
        return session.receive[pair].malformed;
    }

    /** Frames of a pair that were lost in resets, or sent to a device that was given up. */
    public long lost(int pair) {
        return session.receive[pair].lost + session.transmit[pair].lost;
    }

    /** Available buffer notifications sent for a pair. */
    public long notifications(int pair) {
        return session.receive[pair].notifications + session.transmit[pair].notifications;
    }

    /** Interrupts taken while waiting for a pair. */
    public long interrupts(int pair) {
        return session.receive[pair].interrupts + session.transmit[pair].interrupts;
    }

    /** How often the device was started over. */
    public long resets() {
        return session.resets();
    }

    /** Why the device was given up, or null. */
    public @Nullable String failure() {
        return session.failure();
    }

    /**
     * Whether the device has failed and waits for {@link #recover}. Only without automatic recovery; until then nothing
     * arrives, and what is sent is lost.
     */
    public boolean needsRecovery() {
        return session.broken() != null && session.failure() == null;
    }

    /** Starts a device that has failed over. No other thread is inside of this driver meanwhile. */
    public void recover() {
        session.recover();
    }

    /** Resets the device for good. */
    public void stop() throws DeviceException {
        session.stop();
    }
}
