// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.DirtyLog;
import dev.paravirt.memory.GuestMemory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A virtqueue as its device uses it: {@link #poll} for requests, {@link #push} those that are done, in any order,
 * {@link #publish} once a batch and interrupt the driver if it says so.
 *
 * <p>For one thread at a time. Ring and descriptors are the driver's, who may be hostile: each word is read once, then
 * checked, then used. What breaks the rules is a {@link VirtqueueException}, after which the queue refuses to go on.
 * Nothing is allocated once the longest chain has been seen.
 */
public abstract sealed class DeviceVirtqueue permits SplitDeviceVirtqueue, PackedDeviceVirtqueue {
    private static final long OUT_OF_TURN = -1;

    private final int size;

    /** Where writes to the driver's memory are noted, if they are. */
    @Nullable
    DirtyLog log;

    private long polls;

    DeviceVirtqueue(int size) {
        this.size = size;
    }

    /**
     * Opens a queue that a driver has laid out.
     *
     * @param size descriptors: 1 to 32768, and a power of two unless the format is packed
     * @param format as negotiated
     * @param descriptorArea guest-physical address of the Descriptor Table or Descriptor Ring, aligned to 16 bytes
     * @param driverArea guest-physical address of the Available Ring (aligned to 2 bytes) or the Driver Event Suppression
     *     (4)
     * @param deviceArea guest-physical address of the Used Ring or the Device Event Suppression, aligned to 4 bytes
     * @throws VirtqueueException if an area is not aligned or does not lie in one region of memory
     */
    public static DeviceVirtqueue create(
            GuestMemory memory,
            int size,
            VirtqueueFormat format,
            long descriptorArea,
            long driverArea,
            long deviceArea) {
        return format.packed()
                ? new PackedDeviceVirtqueue(memory, size, format, descriptorArea, driverArea, deviceArea)
                : new SplitDeviceVirtqueue(memory, size, format, descriptorArea, driverArea, deviceArea);
    }

    /**
     * Opens a queue that a device served before, this one or another, and stopped at a position; the used ring says how
     * many buffers were used.
     *
     * @param position as {@link #stop} returned it: the index of the Available Ring, or, of a packed queue, offset and
     *     wrap counter of the next descriptor in its lower 16 bits
     * @param log where to mark what the device writes, or null
     * @param inflight where to note what is in flight, or null. If it says already what is, for a queue whose device died,
     *     then {@link #poll} returns that first, in its old order, and the position does not matter.
     * @throws VirtqueueException if an area is not aligned or does not lie in one region of memory, if there is no such
     *     position, or if what is noted as in flight makes no sense
     */
    public static DeviceVirtqueue resume(
            GuestMemory memory,
            int size,
            VirtqueueFormat format,
            long descriptorArea,
            long driverArea,
            long deviceArea,
            int position,
            @Nullable DirtyLog log,
            @Nullable InflightRegion inflight) {
        DeviceVirtqueue queue = create(memory, size, format, descriptorArea, driverArea, deviceArea);
        queue.log = log;
        queue.startAt(position, inflight);
        return queue;
    }

    /**
     * Believes a used ring more than the position, which is that of a front-end whose device was killed and could not tell it.
     * For a queue just {@link #resume resumed}, whose devices use buffers in the order in which they became available. Nothing
     * changes for one that notes what is in flight, and for packed queues, whose front-ends have to know it all.
     */
    public void goOnBehindUsed() {}

    abstract void startAt(int position, @Nullable InflightRegion region);

    /**
     * Ends the work on this queue: what was pushed is published.
     *
     * @param unused all chains that were polled and not pushed. The device has not worked on them; whoever resumes the
     *     queue polls them again, except that one behind which a later one was used is pushed, with nothing written; so
     *     is what a predecessor had in flight and was not even polled again.
     * @return where to resume
     */
    public final int stop(List<DescriptorChain> unused) {
        List<DescriptorChain> latestFirst = new ArrayList<>(unused);
        latestFirst.sort(Comparator.comparingLong((DescriptorChain chain) -> chain.sequence)
                .reversed());
        long next = polls;
        for (DescriptorChain chain : latestFirst) {
            if (chain.sequence == next) {
                next--;
                takeBack(chain);
            } else {
                push(chain, 0);
            }
        }
        for (DescriptorChain left = pollAgain(); left != null; left = pollAgain()) {
            push(left, 0);
        }
        publish();
        return position();
    }

    /** Takes a chain back, as if the last poll had not been. */
    abstract void takeBack(DescriptorChain chain);

    abstract int position();

    /** Whether there are requests that a predecessor had in flight, and that were not polled again. */
    public abstract boolean hasResubmissions();

    /** The next of these, or null. */
    abstract @Nullable DescriptorChain pollAgain();

    /** A chain that was polled out of turn cannot be taken back: there is no way to say so in a position. */
    static void outOfTurn(DescriptorChain chain) {
        chain.sequence = OUT_OF_TURN;
    }

    final void countPoll(DescriptorChain chain) {
        chain.sequence = ++polls;
    }

    /** Marks what a device has written into a chain, from the start of its writable part on. */
    final void logWritten(DirtyLog marks, DescriptorChain chain, long written) {
        long left = written;
        for (int piece = chain.readablePieces(); piece < chain.pieces() && left > 0; piece++) {
            long here = Math.min(left, chain.length(piece));
            marks.mark(chain.region(piece).address() + chain.offset(piece), here);
            left -= here;
        }
    }

    /** Queue size, in descriptors. */
    public final int size() {
        return size;
    }

    /**
     * Takes the next request that the driver has made available.
     *
     * @return null if there is none
     * @throws VirtqueueException if the driver broke the rules
     */
    public abstract @Nullable DescriptorChain poll();

    /**
     * Gives a request back; the driver sees it with the next {@link #publish}. The chain is not to be touched any more.
     * With IN_ORDER the queue keeps it until all that were polled before it are pushed.
     *
     * @param written bytes written, from the start of the writable part on
     */
    public abstract void push(DescriptorChain chain, long written);

    /**
     * Makes everything that was pushed since the last call visible to the driver: one release store, one full fence.
     *
     * @return whether the driver wants to be interrupted; false if there was nothing
     */
    public abstract boolean publish();

    /** Tells the driver not to notify; it may do so nevertheless. */
    public abstract void disableAvailableNotifications();

    /**
     * Asks the driver to notify when it makes the next buffer available.
     *
     * @return whether nothing is available now, so that waiting for the notification is safe; if false, {@link #poll}
     * @throws VirtqueueException if the driver broke the rules
     */
    public abstract boolean enableAvailableNotifications();

    /** Chains that were polled and not given back: not pushed, or, with IN_ORDER, behind one that is not pushed. */
    public abstract int outstanding();
}
