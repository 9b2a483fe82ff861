// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.DmaBuffer;

/**
 * A virtqueue as its driver uses it: {@link #add} buffers, {@link #publish} them once a batch and notify the device if
 * it says so, {@link #poll} for those that the device has used.
 *
 * <p>For one thread at a time. The driver keeps to itself all that it needs to know of the buffers under way and believes
 * nothing that it reads back: a used buffer that was never made available, or that was there only to be written and is
 * said to hold more than it has room for, is a {@link VirtqueueException}, after which only {@link #reset} helps. Nothing
 * is allocated after construction.
 */
public abstract sealed class DriverVirtqueue permits SplitDriverVirtqueue, PackedDriverVirtqueue {
    /** What {@link #poll} returns when there is no used buffer. */
    public static final int NONE = -1;

    private final int index;
    private final int size;

    DriverVirtqueue(int index, int size) {
        this.index = index;
        this.size = size;
    }

    /**
     * Lays out an empty queue.
     *
     * @param index virtqueue index, 0 to 65535
     * @param size descriptors: 1 to 32768, and a power of two unless the format is packed
     * @param format as negotiated
     * @param memory at least {@link #memorySize} bytes, aligned to 64 bytes; belongs to the queue
     * @param indirectCapacity the longest chain that takes just one descriptor of the ring, by means of a table of its
     *     own; 0 if chains lie in the ring. Not above {@code size}, and 0 unless indirect descriptors were negotiated.
     */
    public static DriverVirtqueue create(
            int index, int size, VirtqueueFormat format, DmaBuffer memory, int indirectCapacity) {
        DriverMemory parts = new DriverMemory(size, format, memory, indirectCapacity);
        return format.packed()
                ? new PackedDriverVirtqueue(index, size, format, parts)
                : new SplitDriverVirtqueue(index, size, format, parts);
    }

    /** Bytes of memory that {@link #create} needs for the same arguments. */
    public static int memorySize(int size, VirtqueueFormat format, int indirectCapacity) {
        return DriverMemory.size(size, format, indirectCapacity);
    }

    /** Virtqueue index. */
    public final int index() {
        return index;
    }

    /** Queue size, in descriptors. */
    public final int size() {
        return size;
    }

    /** Guest-physical address of the Descriptor Table or Descriptor Ring. */
    public abstract long descriptorArea();

    /** Guest-physical address of the Available Ring or the Driver Event Suppression. */
    public abstract long driverArea();

    /** Guest-physical address of the Used Ring or the Device Event Suppression. */
    public abstract long deviceArea();

    /** Free descriptors, 0 to {@link #size}. */
    public abstract int free();

    /**
     * Makes a chain of buffers ready; the device sees it with the next {@link #publish}.
     *
     * @param token 0 or more; comes back from {@link #poll}
     * @return false, with nothing done, if the queue has no room for it now
     * @throws IllegalArgumentException if the chain is empty, or longer than the queue could ever hold
     */
    public abstract boolean add(BufferChain chain, int token);

    /** As {@link #add} for a single buffer that the device reads. */
    public abstract boolean addReadable(long address, int length, int token);

    /** As {@link #add} for a single buffer that the device writes. */
    public abstract boolean addWritable(long address, int length, int token);

    /**
     * Makes everything that was added since the last call available to the device: one release store, one full fence.
     *
     * @return whether the device wants to be notified, with {@link #notificationData}; false if nothing was added
     */
    public abstract boolean publish();

    /** The value of an available buffer notification sent now (VIRTIO 1.4, "Driver Notifications"). */
    public abstract int notificationData();

    /**
     * Takes the next buffer that the device has used.
     *
     * @return its token, or {@link #NONE}
     * @throws VirtqueueException if what the device wrote cannot be true
     */
    public abstract int poll();

    /** Bytes that the device said it wrote into the buffer that {@link #poll} returned last, and that it had room for. */
    public abstract int usedLength();

    /** Asks the device for no used buffer notifications; it may send some nevertheless. */
    public abstract void disableUsedNotifications();

    /**
     * Asks the device for a notification when it uses the next buffer.
     *
     * @return whether no used buffer is there now, so that waiting for the notification is safe; if false, {@link #poll}
     */
    public abstract boolean enableUsedNotifications();

    /**
     * Empties the queue and lays it out anew. The device must not use it now: it was reset, or this queue of it. Tokens
     * of buffers under way never come back.
     */
    public abstract void reset();
}
