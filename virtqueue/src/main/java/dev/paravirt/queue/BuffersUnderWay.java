// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import java.util.Arrays;

/**
 * What a driver remembers of the buffers that it made available, by buffer id, so that it need not believe what it reads
 * back. Buffers are counted as they are added: that gives each a sequence number.
 */
final class BuffersUnderWay {
    private final int[] tokens;
    private final int[] room;
    private final boolean[] readable;
    private final int[] descriptors;
    private final long[] sequences;
    private final int[] idsInOrder;

    BuffersUnderWay(int size) {
        tokens = new int[size];
        room = new int[size];
        readable = new boolean[size];
        descriptors = new int[size];
        sequences = new long[size];
        idsInOrder = new int[size];
        clear();
    }

    void clear() {
        Arrays.fill(tokens, DriverVirtqueue.NONE);
    }

    /**
     * @param room bytes that the device may write
     * @param readable whether there is something to read for it
     * @param sequence of this buffer among all that were ever added
     */
    void put(int id, int token, long room, boolean readable, int descriptors, long sequence) {
        if (token < 0) {
            throw new IllegalArgumentException("a token is 0 or more: " + token);
        }
        this.tokens[id] = token;
        this.room[id] = (int) Math.min(room, Integer.MAX_VALUE);
        this.readable[id] = readable;
        this.descriptors[id] = descriptors;
        this.sequences[id] = sequence;
    }

    /** Remembers the order, for a device that uses buffers in order; {@code place} is below the queue size. */
    void putInOrder(int place, int id) {
        idsInOrder[place] = id;
    }

    int idInOrder(int place) {
        return idsInOrder[place];
    }

    /**
     * How many buffers there are from the one of sequence number {@code first} to that of an id, both included.
     *
     * @param id as the device gave it
     * @param count buffers under way from {@code first} on
     * @throws VirtqueueException unless it is one of them
     */
    int distance(int id, long first, int count) {
        check(id);
        long distance = sequences[id] - first + 1;
        if (distance < 1 || distance > count) {
            throw notAvailable(id);
        }
        return (int) distance;
    }

    /**
     * Checks that the device may use a buffer now.
     *
     * @param id as the device gave it
     * @param published sequence number behind the last buffer that was made available
     */
    void checkAvailable(int id, long published) {
        check(id);
        if (sequences[id] >= published) {
            throw notAvailable(id);
        }
    }

    private static VirtqueueException notAvailable(int id) {
        return new VirtqueueException("the device used buffer " + id + ", which is not available to it");
    }

    private void check(int id) {
        if (id < 0 || id >= tokens.length || tokens[id] == DriverVirtqueue.NONE) {
            throw new VirtqueueException("the device used buffer " + Integer.toUnsignedString(id)
                    + ", which is not under way, in a queue of " + tokens.length);
        }
    }

    /**
     * What the device has written, by what it says. Devices that also count what they have read are common: QEMU's example
     * of a vhost-user block device does, and DPDK leaves in a packed ring what the driver wrote there. So of a buffer with
     * something to read, more than there was room for counts as all of that; of any other it is nonsense.
     */
    int usedLength(int id, int length) {
        if (Integer.compareUnsigned(length, room[id]) <= 0) {
            return length;
        }
        if (!readable[id]) {
            throw new VirtqueueException("the device wrote " + Integer.toUnsignedString(length) + " bytes into buffer "
                    + id + ", which has room for " + room[id]);
        }
        return room[id];
    }

    /** Bytes that the device may write into a buffer that is under way. */
    int room(int id) {
        return room[id];
    }

    /** Descriptors of the ring that a buffer takes. */
    int descriptors(int id) {
        return descriptors[id];
    }

    /** Forgets a buffer and returns its token. */
    int take(int id) {
        int token = tokens[id];
        tokens[id] = DriverVirtqueue.NONE;
        return token;
    }
}
