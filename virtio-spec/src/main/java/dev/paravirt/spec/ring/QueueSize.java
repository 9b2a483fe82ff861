// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.ring;

/** Limits of the queue size, counted in descriptors (VIRTIO 1.4, "Split Virtqueues" and "Packed Virtqueues"). */
public final class QueueSize {
    /** The largest queue, split or packed. */
    public static final int MAX = 32768;

    /** How many virtqueues a device can have: indices are 16 bits wide. */
    public static final int MAX_QUEUES = 65536;

    private QueueSize() {}

    /** Whether a split virtqueue may have this size: a power of two from 1 to {@link #MAX}. */
    public static boolean isValidSplit(int size) {
        return size >= 1 && size <= MAX && (size & (size - 1)) == 0;
    }

    /** Whether a packed virtqueue may have this size: any number from 1 to {@link #MAX}. */
    public static boolean isValidPacked(int size) {
        return size >= 1 && size <= MAX;
    }
}
