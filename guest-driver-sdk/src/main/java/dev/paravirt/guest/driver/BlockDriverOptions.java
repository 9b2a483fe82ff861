// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkFeatures;

/**
 * How a {@link BlockDriver} is to work.
 *
 * @param features what it may accept of what the device offers; VERSION_1 goes without saying
 * @param queues the most virtqueues, 1 to 256; the device may have fewer
 * @param queueSize the most descriptors of each, 1 to 32768; the device may have fewer
 * @param segments the most pieces of memory in one request, 1 to 1024; the device or its queue may allow fewer
 * @param firstLine the interrupt line of queue 0 and of configuration changes
 * @param lines how many lines from there on the queues take in turn, 1 or more
 * @param timeoutNanos when to give up on a request, and on a reset; a queue is looked through for late requests four
 *     times as often
 * @param maxResubmissions how often one request is made again after a reset, 0 or more
 * @param maxResets how many resets in a row without any request completed between them, 1 or more
 * @param spinNanos how long to look at a queue, at most, before arming its interrupt and waiting; 0 for not at all
 * @param automaticRecovery whether the driver resets a device by itself, in the middle of any method; if not, see
 *     {@link BlockDriver#needsRecovery}
 */
public record BlockDriverOptions(
        FeatureBits features,
        int queues,
        int queueSize,
        int segments,
        int firstLine,
        int lines,
        long timeoutNanos,
        int maxResubmissions,
        int maxResets,
        long spinNanos,
        boolean automaticRecovery) {
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
    public static final BlockDriverOptions DEFAULT =
            new BlockDriverOptions(DEFAULT_FEATURES, 1, 256, 64, 0, 1, 30_000_000_000L, 2, 3, 50_000, true);

    public BlockDriverOptions {
        features = features.and(ALL_FEATURES);
        require(queues >= 1 && queues <= 256, "1 to 256 queues", queues);
        require(queueSize >= 1 && queueSize <= 32768, "queues of 1 to 32768 descriptors", queueSize);
        require(segments >= 1 && segments <= 1024, "1 to 1024 segments", segments);
        require(lines >= 1, "at least one interrupt line", lines);
        require(timeoutNanos >= 4, "a timeout", timeoutNanos);
        require(maxResubmissions >= 0, "0 or more resubmissions", maxResubmissions);
        require(maxResets >= 1, "1 reset or more", maxResets);
        require(spinNanos >= 0, "0 nanoseconds or more", spinNanos);
    }

    private static void require(boolean condition, String what, long given) {
        if (!condition) {
            throw new IllegalArgumentException("a block driver takes " + what + ", not " + given);
        }
    }

    /** The same with other features, of which the driver takes those that it implements. */
    public BlockDriverOptions withFeatures(FeatureBits wanted) {
        return new BlockDriverOptions(
                wanted,
                queues,
                queueSize,
                segments,
                firstLine,
                lines,
                timeoutNanos,
                maxResubmissions,
                maxResets,
                spinNanos,
                automaticRecovery);
    }

    /** The same with other queues. */
    public BlockDriverOptions withQueues(int count, int size) {
        return new BlockDriverOptions(
                features,
                count,
                size,
                segments,
                firstLine,
                lines,
                timeoutNanos,
                maxResubmissions,
                maxResets,
                spinNanos,
                automaticRecovery);
    }

    /** The same with another limit of segments. */
    public BlockDriverOptions withSegments(int most) {
        return new BlockDriverOptions(
                features,
                queues,
                queueSize,
                most,
                firstLine,
                lines,
                timeoutNanos,
                maxResubmissions,
                maxResets,
                spinNanos,
                automaticRecovery);
    }

    /** The same with other interrupt lines. */
    public BlockDriverOptions withLines(int first, int count) {
        return new BlockDriverOptions(
                features,
                queues,
                queueSize,
                segments,
                first,
                count,
                timeoutNanos,
                maxResubmissions,
                maxResets,
                spinNanos,
                automaticRecovery);
    }

    /** The same with another patience. */
    public BlockDriverOptions withTimeout(long nanos) {
        return new BlockDriverOptions(
                features,
                queues,
                queueSize,
                segments,
                firstLine,
                lines,
                nanos,
                maxResubmissions,
                maxResets,
                spinNanos,
                automaticRecovery);
    }

    /** The same with other limits of recovery. */
    public BlockDriverOptions withRecovery(boolean automatic, int resubmissions, int resets) {
        return new BlockDriverOptions(
                features,
                queues,
                queueSize,
                segments,
                firstLine,
                lines,
                timeoutNanos,
                resubmissions,
                resets,
                spinNanos,
                automatic);
    }

    /** The same with another time to spin. */
    public BlockDriverOptions withSpin(long nanos) {
        return new BlockDriverOptions(
                features,
                queues,
                queueSize,
                segments,
                firstLine,
                lines,
                timeoutNanos,
                maxResubmissions,
                maxResets,
                nanos,
                automaticRecovery);
    }
}
