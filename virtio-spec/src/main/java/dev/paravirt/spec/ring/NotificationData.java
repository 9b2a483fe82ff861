// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.ring;

/**
 * The 32-bit value of an available buffer notification (VIRTIO 1.4, "Driver Notifications").
 *
 * <p>Without NOTIFICATION_DATA it is just the virtqueue index. With it, the upper half says where the driver will put
 * the next available entry. It comes from the driver, so a device takes it as a hint and checks it against the ring.
 */
public final class NotificationData {
    private NotificationData() {}

    /**
     * For a split ring: the virtqueue index and the available index.
     *
     * @param queueIndex 0 to 65535
     * @param availableIndex idx of the Available Ring, 0 to 65535: next_off is its lower 15 bits, next_wrap its bit 15
     */
    public static int split(int queueIndex, int availableIndex) {
        return (queueIndex & 0xffff) | (availableIndex << 16);
    }

    /**
     * For a packed ring: the virtqueue index and the position of the next available descriptor.
     *
     * @param queueIndex 0 to 65535
     * @param position as {@link RingIndex#position} makes it: next_off in its lower 15 bits, next_wrap in bit 15
     */
    public static int packed(int queueIndex, int position) {
        return (queueIndex & 0xffff) | (position << 16);
    }

    /** The virtqueue index: vq_index. */
    public static int queueIndex(int data) {
        return data & 0xffff;
    }

    /** next_off and next_wrap as one number: the available index of a split ring, the position in a packed one. */
    public static int next(int data) {
        return data >>> 16;
    }

    /** next_off: 0 to 32767. */
    public static int nextOffset(int data) {
        return data >>> 16 & 0x7fff;
    }

    /** next_wrap. */
    public static boolean nextWrap(int data) {
        return data < 0;
    }
}
