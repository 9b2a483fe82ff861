// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.AdaptiveSpin;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkSegment;
import dev.paravirt.spec.blk.BlkStatus;

/**
 * One virtqueue and the requests in it. A request has a slot from submission until its completion is taken: its header
 * and status in memory that the device sees, and privately all that is needed to make it once more. The last slot is set
 * apart for blocking calls, which must get through however many completions nobody takes.
 */
final class RequestQueue {
    static final int NONE = -1;

    /** Header and segment, which the driver writes, and the status, which the device writes, in lines of their own. */
    private static final int SLOT_SIZE = 128;

    private static final int SEGMENT = BlkRequest.HEADER_SIZE;
    private static final int STATUS = 64;
    private static final int CACHE_LINE = 64;

    private static final byte FREE = 0;
    private static final byte UNDER_WAY = 1;
    private static final byte DONE = 2;

    final DriverVirtqueue ring;
    final int line;
    final AdaptiveSpin spin;

    private final DmaBuffer memory;
    private final BufferChain[] chains;
    private final int[] types;
    private final long[] starts;
    private final long[] sectorCounts;
    private final int[] flags;
    private final long[] sequence;
    private final int[] ticks;
    private final int[] attempts;
    private final int[] statuses;
    private final byte[] states;
    private final int[] free;
    private final int[] done;
    private int freeCount;
    private int firstDone;
    private int doneCount;
    private int underWay;
    private int tick;
    private long lastTick;
    private long nextSequence;

    long notifications;
    long interrupts;
    long completions;

    RequestQueue(Platform platform, DriverVirtqueue ring, int line, int depth, int segments, long spinNanos) {
        this.ring = ring;
        this.line = line;
        this.spin = new AdaptiveSpin(spinNanos);
        int slots = depth + 1;
        memory = platform.allocate(slots * SLOT_SIZE, CACHE_LINE);
        chains = new BufferChain[slots];
        for (int slot = 0; slot < slots; slot++) {
            chains[slot] = new BufferChain(segments + 2);
        }
        types = new int[slots];
        starts = new long[slots];
        sectorCounts = new long[slots];
        flags = new int[slots];
        sequence = new long[slots];
        ticks = new int[slots];
        attempts = new int[slots];
        statuses = new int[slots];
        states = new byte[slots];
        done = new int[slots];
        free = new int[depth];
        for (int slot = depth - 1; slot >= 0; slot--) {
            free[freeCount++] = slot;
        }
    }

    int depth() {
        return free.length;
    }

    /** The slot of blocking calls. */
    int reserved() {
        return free.length;
    }

    /** Takes a slot for an asynchronous request, or NONE. */
    int take() {
        return freeCount == 0 || ring.free() == 0 ? NONE : free[--freeCount];
    }

    /** Gives back a slot whose request did not get into the ring. */
    void release(int slot) {
        if (slot != reserved()) {
            free[freeCount++] = slot;
        }
    }

    /** Writes the header and begins the chain. {@code sectors} is 0 for requests that are of no range. */
    void begin(int slot, int type, long sector, long sectors) {
        types[slot] = type;
        starts[slot] = sector;
        sectorCounts[slot] = sectors;
        attempts[slot] = 0;
        chains[slot].clear().addReadable(memory.address() + at(slot), BlkRequest.HEADER_SIZE);
    }

    /** Appends data, in pieces of at most {@code most} bytes. */
    void append(int slot, long address, int length, boolean writable, int most) {
        BufferChain chain = chains[slot];
        long at = address;
        int left = length;
        while (left > 0) {
            int piece = Math.min(left, most);
            if (writable) {
                chain.addWritable(at, piece);
            } else {
                chain.addReadable(at, piece);
            }
            at += piece;
            left -= piece;
        }
    }

    /** Appends the range of the request as a segment of discard, write zeroes or secure erase. */
    void appendSegment(int slot, int segmentFlags) {
        flags[slot] = segmentFlags;
        chains[slot].addReadable(memory.address() + at(slot) + SEGMENT, BlkSegment.SIZE);
    }

    /** Ends the chain. */
    void end(int slot) {
        chains[slot].addWritable(memory.address() + at(slot) + STATUS, BlkRequest.STATUS_SIZE);
    }

    /** Puts the request into the ring; false if there is no room now. */
    boolean add(int slot) {
        writeHeader(slot);
        if (!ring.add(chains[slot], slot)) {
            return false;
        }
        states[slot] = UNDER_WAY;
        ticks[slot] = tick;
        sequence[slot] = nextSequence++;
        underWay++;
        return true;
    }

    private void writeHeader(int slot) {
        int at = at(slot);
        int type = types[slot];
        boolean segment = isSegmented(type);
        memory.putInt(at + BlkRequest.TYPE, type);
        memory.putInt(at + BlkRequest.RESERVED, 0);
        memory.putLong(at + BlkRequest.SECTOR, segment ? 0 : starts[slot]);
        if (segment) {
            memory.putLong(at + SEGMENT + BlkSegment.SECTOR, starts[slot]);
            memory.putInt(at + SEGMENT + BlkSegment.NUM_SECTORS, (int) sectorCounts[slot]);
            memory.putInt(at + SEGMENT + BlkSegment.FLAGS, flags[slot]);
        }
        memory.putByte(at + STATUS, (byte) BlockIoException.UNWRITTEN);
    }

    private static boolean isSegmented(int type) {
        return type == BlkRequest.T_DISCARD || type == BlkRequest.T_WRITE_ZEROES || type == BlkRequest.T_SECURE_ERASE;
    }

    private static int at(int slot) {
        return slot * SLOT_SIZE;
    }

    /**
     * Takes all used buffers off the ring.
     *
     * @return how many there were
     * @throws VirtqueueException if the device made some up
     */
    int harvest() {
        int count = 0;
        int slot = ring.poll();
        while (slot != DriverVirtqueue.NONE) {
            finish(slot, statusOf(slot));
            completions++;
            count++;
            slot = ring.poll();
        }
        return count;
    }

    private int statusOf(int slot) {
        int status = memory.getByte(at(slot) + STATUS) & 0xff;
        boolean isShort =
                types[slot] == BlkRequest.T_IN && ring.usedLength() < sectorCounts[slot] << BlkRequest.SECTOR_SHIFT;
        // A device that says it read everything but wrote less leaves old bytes in the buffer.
        return status == BlkStatus.OK && isShort ? BlkStatus.IOERR : status;
    }

    /** Completes a request that is in the ring. */
    private void finish(int slot, int status) {
        if (states[slot] != UNDER_WAY) {
            throw new VirtqueueException("a buffer was used twice");
        }
        underWay--;
        settle(slot, status);
    }

    /** Completes a request without the ring. */
    void settle(int slot, int status) {
        statuses[slot] = status;
        states[slot] = DONE;
        if (slot != reserved()) {
            int last = firstDone + doneCount;
            done[last < done.length ? last : last - done.length] = slot;
            doneCount++;
        }
    }

    /** Takes the oldest completion, or NONE. */
    int takeDone() {
        if (doneCount == 0) {
            return NONE;
        }
        int slot = done[firstDone];
        firstDone = firstDone + 1 == done.length ? 0 : firstDone + 1;
        doneCount--;
        states[slot] = FREE;
        free[freeCount++] = slot;
        return slot;
    }

    /** Takes the completion of the blocking call. */
    int takeReserved() {
        states[reserved()] = FREE;
        return statuses[reserved()];
    }

    boolean hasDone() {
        return doneCount > 0;
    }

    boolean isDone(int slot) {
        return states[slot] == DONE;
    }

    int underWay() {
        return underWay;
    }

    /** Of the request that last had a slot. */
    int status(int slot) {
        return statuses[slot];
    }

    int type(int slot) {
        return types[slot];
    }

    long sector(int slot) {
        return starts[slot];
    }

    /**
     * Counts time in quarters of the timeout, so that no request needs a clock.
     *
     * @return a request that has been under way for more than four quarters, or NONE
     */
    int findLate(long now, long quarter) {
        if (now - lastTick < quarter) {
            return NONE;
        }
        lastTick = now;
        tick++;
        for (int slot = 0; slot < states.length; slot++) {
            if (states[slot] == UNDER_WAY && tick - ticks[slot] > 4) {
                return slot;
            }
        }
        return NONE;
    }

    /**
     * Makes again, in their order, the requests that were under way and may be; the others complete as lost. Device and
     * ring have been reset.
     *
     * @param counts whether the requests may be to blame for it
     * @param maxResubmissions of one request, of those that count
     */
    void resubmit(boolean counts, int maxResubmissions, long capacity) {
        long lastBefore = nextSequence;
        underWay = 0;
        for (int slot = oldest(lastBefore); slot != NONE; slot = oldest(lastBefore)) {
            states[slot] = FREE;
            boolean often = counts && attempts[slot] >= maxResubmissions;
            if (often || !mayRepeat(slot, capacity) || !add(slot)) {
                settle(slot, BlockIoException.LOST);
            }
            attempts[slot] += counts ? 1 : 0;
        }
    }

    private boolean mayRepeat(int slot, long capacity) {
        return types[slot] != BlkRequest.T_SECURE_ERASE && starts[slot] <= capacity - sectorCounts[slot];
    }

    private int oldest(long before) {
        int oldest = NONE;
        for (int slot = 0; slot < states.length; slot++) {
            boolean candidate = states[slot] == UNDER_WAY && sequence[slot] < before;
            if (candidate && (oldest == NONE || sequence[slot] < sequence[oldest])) {
                oldest = slot;
            }
        }
        return oldest;
    }

    /** Completes everything that is under way with a status. */
    void abandon(int status) {
        for (int slot = oldest(nextSequence); slot != NONE; slot = oldest(nextSequence)) {
            finish(slot, status);
        }
    }
}
