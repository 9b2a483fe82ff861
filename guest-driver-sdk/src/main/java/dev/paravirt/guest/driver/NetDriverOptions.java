// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetFeatures;

/** How a {@link NetDriver} is to work. Immutable: begin with {@link #DEFAULT} and say what is to be different. */
public final class NetDriverOptions {
    static final FeatureBits GUEST_OFFLOADS = FeatureBits.of(
            NetFeatures.GUEST_CSUM,
            NetFeatures.GUEST_TSO4,
            NetFeatures.GUEST_TSO6,
            NetFeatures.GUEST_ECN,
            NetFeatures.GUEST_USO4,
            NetFeatures.GUEST_USO6);

    private static final FeatureBits NET_FEATURES = FeatureBits.of(
            NetFeatures.CSUM,
            NetFeatures.HOST_TSO4,
            NetFeatures.HOST_TSO6,
            NetFeatures.HOST_ECN,
            NetFeatures.HOST_USO,
            NetFeatures.MTU,
            NetFeatures.MAC,
            NetFeatures.MRG_RXBUF,
            NetFeatures.STATUS,
            NetFeatures.CTRL_VQ,
            NetFeatures.CTRL_RX,
            NetFeatures.CTRL_RX_EXTRA,
            NetFeatures.CTRL_VLAN,
            NetFeatures.CTRL_MAC_ADDR,
            NetFeatures.GUEST_ANNOUNCE,
            NetFeatures.MQ,
            NetFeatures.CTRL_GUEST_OFFLOADS,
            NetFeatures.GUEST_HDRLEN,
            NetFeatures.NOTF_COAL,
            NetFeatures.VQ_NOTF_COAL,
            NetFeatures.SPEED_DUPLEX);

    private static final FeatureBits HASHES = FeatureBits.of(NetFeatures.RSS, NetFeatures.HASH_REPORT);

    /** Everything that the driver implements. */
    public static final FeatureBits ALL_FEATURES =
            NET_FEATURES.or(GUEST_OFFLOADS).or(HASHES).or(VirtqueueFormat.FEATURES.without(Features.RING_RESET));

    /**
     * Without those that change what is received: GUEST_CSUM and what needs it, for network stacks that look at
     * {@link ReceivedFrame#needsChecksum} and segmentation, and CTRL_VLAN, which drops all tags but those asked for. Without
     * RSS and HASH_REPORT, for those who have a use for hashes. And without NOTIFICATION_DATA, which tells a device what the ring tells it anyway.
     */
    public static final FeatureBits DEFAULT_FEATURES = NET_FEATURES
            .without(NetFeatures.CTRL_VLAN)
            .or(FeatureBits.of(Features.INDIRECT_DESC, Features.EVENT_IDX, Features.RING_PACKED, Features.IN_ORDER));

    /** One pair of queues of 256 on line 0, a buffer of 2048 bytes for each descriptor, 1 second, recovery by itself. */
    public static final NetDriverOptions DEFAULT = new NetDriverOptions();

    private static final int MOST_MEMORY = 1 << 30;

    private FeatureBits features = DEFAULT_FEATURES;
    private int pairs = 1;
    private int queueSize = 256;
    private int receiveBuffers = 256;
    private int receiveBytes = 2048;
    private int transmitBuffers = 256;
    private int transmitBytes = 1536;
    private int firstLine;
    private int lines = 1;
    private long timeoutNanos = 1_000_000_000L;
    private int maxResets = 3;
    private long spinNanos = 50_000;
    private boolean automaticRecovery = true;

    private NetDriverOptions() {}

    private NetDriverOptions(NetDriverOptions other) {
        features = other.features;
        pairs = other.pairs;
        queueSize = other.queueSize;
        receiveBuffers = other.receiveBuffers;
        receiveBytes = other.receiveBytes;
        transmitBuffers = other.transmitBuffers;
        transmitBytes = other.transmitBytes;
        firstLine = other.firstLine;
        lines = other.lines;
        timeoutNanos = other.timeoutNanos;
        maxResets = other.maxResets;
        spinNanos = other.spinNanos;
        automaticRecovery = other.automaticRecovery;
    }

    /**
     * What the driver may accept of what the device offers; VERSION_1 goes without saying, and what the driver does not
     * implement is left out.
     */
    public NetDriverOptions withFeatures(FeatureBits wanted) {
        NetDriverOptions options = new NetDriverOptions(this);
        options.features = wanted.and(ALL_FEATURES);
        return options;
    }

    /**
     * The most that the driver takes; the device may have less.
     *
     * @param count pairs of a receive and a transmit queue, 1 to 256
     * @param size descriptors of each, 1 to 32768
     */
    public NetDriverOptions withPairs(int count, int size) {
        require(count >= 1 && count <= 256, "1 to 256 pairs of queues", count);
        require(size >= 1 && size <= 32768, "queues of 1 to 32768 descriptors", size);
        NetDriverOptions options = new NetDriverOptions(this);
        options.pairs = count;
        options.queueSize = size;
        return options;
    }

    /**
     * The memory of each receive queue. Without mergeable buffers each has to hold the largest frame: if that is larger
     * than asked for, there are fewer of them.
     *
     * @param buffers 1 to 32768, of which no more are used than the queue has descriptors
     * @param bytes of each, with the header of up to 32 bytes: 128 to 131072; all together at most 1 GiB
     */
    public NetDriverOptions withReceiveBuffers(int buffers, int bytes) {
        require(buffers >= 1 && buffers <= 32768, "1 to 32768 receive buffers", buffers);
        require(bytes >= 128 && bytes <= 131_072, "receive buffers of 128 to 131072 bytes", bytes);
        require((long) buffers * (bytes + 64) <= MOST_MEMORY, "buffers of 1 GiB at most", (long) buffers * bytes);
        NetDriverOptions options = new NetDriverOptions(this);
        options.receiveBuffers = buffers;
        options.receiveBytes = bytes;
        return options;
    }

    /**
     * The memory of each transmit queue.
     *
     * @param buffers 1 to 32768, of which no more are used than the queue has descriptors
     * @param bytes the longest frame that is sent, 60 to 65550; all together at most 1 GiB
     */
    public NetDriverOptions withTransmitBuffers(int buffers, int bytes) {
        require(buffers >= 1 && buffers <= 32768, "1 to 32768 transmit buffers", buffers);
        require(bytes >= 60 && bytes <= 65550, "frames of 60 to 65550 bytes", bytes);
        require((long) buffers * (bytes + 128) <= MOST_MEMORY, "buffers of 1 GiB at most", (long) buffers * bytes);
        NetDriverOptions options = new NetDriverOptions(this);
        options.transmitBuffers = buffers;
        options.transmitBytes = bytes;
        return options;
    }

    /**
     * Interrupt lines, as {@link dev.paravirt.guest.platform.Platform#waitForInterrupt} numbers them.
     *
     * @param first that of pair 0, of configuration changes and of control commands
     * @param count how many from there on the pairs take in turn, 1 or more
     */
    public NetDriverOptions withLines(int first, int count) {
        require(first >= 0, "interrupt lines from 0 on", first);
        require(count >= 1, "at least one interrupt line", count);
        NetDriverOptions options = new NetDriverOptions(this);
        options.firstLine = first;
        options.lines = count;
        return options;
    }

    /** When to give up on a control command, and on a reset: nanoseconds, 4 or more. */
    public NetDriverOptions withTimeout(long nanos) {
        require(nanos >= 4, "a timeout of 4 nanoseconds or more", nanos);
        NetDriverOptions options = new NetDriverOptions(this);
        options.timeoutNanos = nanos;
        return options;
    }

    /**
     * What happens when the device fails. What happens when it is lost is not counted: see {@link NetDriver}.
     *
     * @param automatic whether the driver resets it by itself, in the middle of any method; if not, see
     *     {@link NetDriver#needsRecovery}
     * @param resets how many resets in a row without a frame received or sent between them, 1 or more
     */
    public NetDriverOptions withRecovery(boolean automatic, int resets) {
        require(resets >= 1, "1 reset or more", resets);
        NetDriverOptions options = new NetDriverOptions(this);
        options.automaticRecovery = automatic;
        options.maxResets = resets;
        return options;
    }

    /**
     * How long to look at a queue before its interrupt is armed and waited for; the driver spins less where that does
     * not pay.
     *
     * @param nanos the most; 0 for not at all
     */
    public NetDriverOptions withSpin(long nanos) {
        require(nanos >= 0, "0 nanoseconds or more", nanos);
        NetDriverOptions options = new NetDriverOptions(this);
        options.spinNanos = nanos;
        return options;
    }

    private static void require(boolean condition, String what, long given) {
        if (!condition) {
            throw new IllegalArgumentException("a network driver takes " + what + ", not " + given);
        }
    }

    FeatureBits features() {
        return features;
    }

    int pairs() {
        return pairs;
    }

    int queueSize() {
        return queueSize;
    }

    int receiveBuffers() {
        return receiveBuffers;
    }

    int receiveBytes() {
        return receiveBytes;
    }

    int transmitBuffers() {
        return transmitBuffers;
    }

    int transmitBytes() {
        return transmitBytes;
    }

    int firstLine() {
        return firstLine;
    }

    int lines() {
        return lines;
    }

    long timeoutNanos() {
        return timeoutNanos;
    }

    int maxResets() {
        return maxResets;
    }

    long spinNanos() {
        return spinNanos;
    }

    boolean automaticRecovery() {
        return automaticRecovery;
    }
}
