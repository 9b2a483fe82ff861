// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkFeatures;

/**
 * How a {@link BlockDriver} is to work. Immutable: begin with {@link #DEFAULT} and say what is to be different.
 */
public final class BlockDriverOptions {
    private static final FeatureBits BLOCK_FEATURES = FeatureBits.of(
            BlkFeatures.SIZE_MAX,
            BlkFeatures.SEG_MAX,
            BlkFeatures.RO,
            BlkFeatures.BLK_SIZE,
            BlkFeatures.FLUSH,
            BlkFeatures.TOPOLOGY,
            BlkFeatures.CONFIG_WCE,
            BlkFeatures.MQ,
            BlkFeatures.DISCARD,
            BlkFeatures.WRITE_ZEROES,
            BlkFeatures.LIFETIME,
            BlkFeatures.SECURE_ERASE);

    /** Everything that the driver implements. */
    public static final FeatureBits ALL_FEATURES = BLOCK_FEATURES.or(VirtqueueFormat.FEATURES);

    /**
     * Without those that do a block device no good: IN_ORDER lets a slow request hold up the fast ones behind it, and
     * NOTIFICATION_DATA tells a device what the ring tells it anyway.
     */
    public static final FeatureBits DEFAULT_FEATURES =
            ALL_FEATURES.without(Features.IN_ORDER).without(Features.NOTIFICATION_DATA);

    /** One queue of 256 on line 0, requests of up to 64 pieces, 30 seconds, recovery by itself. */
    public static final BlockDriverOptions DEFAULT = new BlockDriverOptions();

    private FeatureBits features = DEFAULT_FEATURES;
    private int queues = 1;
    private int queueSize = 256;
    private int segments = 64;
    private int firstLine;
    private int lines = 1;
    private long timeoutNanos = 30_000_000_000L;
    private int maxResubmissions = 2;
    private int maxResets = 3;
    private long spinNanos = 50_000;
    private boolean automaticRecovery = true;

    private BlockDriverOptions() {}

    private BlockDriverOptions(BlockDriverOptions other) {
        features = other.features;
        queues = other.queues;
        queueSize = other.queueSize;
        segments = other.segments;
        firstLine = other.firstLine;
        lines = other.lines;
        timeoutNanos = other.timeoutNanos;
        maxResubmissions = other.maxResubmissions;
        maxResets = other.maxResets;
        spinNanos = other.spinNanos;
        automaticRecovery = other.automaticRecovery;
    }

    /**
     * What the driver may accept of what the device offers; VERSION_1 goes without saying, and what the driver does not
     * implement is left out.
     */
    public BlockDriverOptions withFeatures(FeatureBits wanted) {
        BlockDriverOptions options = new BlockDriverOptions(this);
        options.features = wanted.and(ALL_FEATURES);
        return options;
    }

    /**
     * The most that the driver takes; the device may have less.
     *
     * @param count virtqueues, 1 to 256
     * @param size descriptors of each, 3 to 32768
     */
    public BlockDriverOptions withQueues(int count, int size) {
        require(count >= 1 && count <= 256, "1 to 256 queues", count);
        require(size >= 3 && size <= 32768, "queues of 3 to 32768 descriptors", size);
        BlockDriverOptions options = new BlockDriverOptions(this);
        options.queues = count;
        options.queueSize = size;
        return options;
    }

    /** The most pieces of memory in one request, 1 to 1024; the device or its queue may allow fewer. */
    public BlockDriverOptions withSegments(int most) {
        require(most >= 1 && most <= 1024, "1 to 1024 segments", most);
        BlockDriverOptions options = new BlockDriverOptions(this);
        options.segments = most;
        return options;
    }

    /**
     * Interrupt lines, as {@link dev.paravirt.guest.platform.Platform#waitForInterrupt} numbers them.
     *
     * @param first that of queue 0 and of configuration changes
     * @param count how many from there on the queues take in turn, 1 or more
     */
    public BlockDriverOptions withLines(int first, int count) {
        require(first >= 0, "interrupt lines from 0 on", first);
        require(count >= 1, "at least one interrupt line", count);
        BlockDriverOptions options = new BlockDriverOptions(this);
        options.firstLine = first;
        options.lines = count;
        return options;
    }

    /**
     * When to give up on a request, and on a reset. A request may take up to a quarter longer, for as long as someone
     * waits for its queue.
     *
     * @param nanos 4 or more
     */
    public BlockDriverOptions withTimeout(long nanos) {
        require(nanos >= 4, "a timeout of 4 nanoseconds or more", nanos);
        BlockDriverOptions options = new BlockDriverOptions(this);
        options.timeoutNanos = nanos;
        return options;
    }

    /**
     * What happens when the device fails. What happens when it is lost is not counted: see {@link BlockDriver}.
     *
     * @param automatic whether the driver resets it by itself, in the middle of any method; if not, see
     *     {@link BlockDriver#needsRecovery}
     * @param resubmissions how often one request is made again, 0 or more
     * @param resets how many resets in a row without any request completed between them, 1 or more
     */
    public BlockDriverOptions withRecovery(boolean automatic, int resubmissions, int resets) {
        require(resubmissions >= 0, "0 or more resubmissions", resubmissions);
        require(resets >= 1, "1 reset or more", resets);
        BlockDriverOptions options = new BlockDriverOptions(this);
        options.automaticRecovery = automatic;
        options.maxResubmissions = resubmissions;
        options.maxResets = resets;
        return options;
    }

    /**
     * How long to look at a queue before its interrupt is armed and waited for; the driver spins less where that does
     * not pay.
     *
     * @param nanos the most; 0 for not at all
     */
    public BlockDriverOptions withSpin(long nanos) {
        require(nanos >= 0, "0 nanoseconds or more", nanos);
        BlockDriverOptions options = new BlockDriverOptions(this);
        options.spinNanos = nanos;
        return options;
    }

    private static void require(boolean condition, String what, long given) {
        if (!condition) {
            throw new IllegalArgumentException("a block driver takes " + what + ", not " + given);
        }
    }

    FeatureBits features() {
        return features;
    }

    int queues() {
        return queues;
    }

    int queueSize() {
        return queueSize;
    }

    int segments() {
        return segments;
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

    int maxResubmissions() {
        return maxResubmissions;
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
