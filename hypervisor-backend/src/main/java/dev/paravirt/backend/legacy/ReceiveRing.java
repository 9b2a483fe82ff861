// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.spec.legacy.Ne2000;

/**
 * The ring of pages in a card's memory into which a DP8390 receives ("Buffer Management"). The host sets all of its
 * pointers, to anything: no frame takes more steps here than it has pages.
 */
final class ReceiveRing {
    private static final int BYTE = 0xff;

    private final CardMemory memory;
    int start;
    int stop;
    int current;
    int boundary;

    ReceiveRing(CardMemory memory) {
        this.memory = memory;
    }

    int next(int page) {
        int following = page + 1 & BYTE;
        return following == stop ? start : following;
    }

    /** The page behind a frame of so many bytes, or -1 if the boundary is in the way. */
    private int end(int length) {
        int pages = (Ne2000.RING_HEADER + length + Ne2000.PAGE - 1) / Ne2000.PAGE;
        int page = current;
        for (int i = 0; i < pages; i++) {
            page = next(page);
            if (page == boundary) {
                return -1;
            }
        }
        return page;
    }

    /**
     * Stores a frame.
     *
     * @param frame with its check sequence
     * @return false if the ring is full; nothing has changed then
     */
    boolean store(byte[] frame, int length, int status) {
        int end = end(length);
        if (end < 0) {
            return false;
        }
        int page = current;
        int address = page * Ne2000.PAGE;
        memory.write(address, status);
        memory.write(address + 1, end);
        memory.write(address + 2, length & BYTE);
        memory.write(address + 3, length >> 8);
        int done = 0;
        int skip = Ne2000.RING_HEADER;
        while (done < length) {
            int here = Math.min(length - done, Ne2000.PAGE - skip);
            memory.write(page * Ne2000.PAGE + skip, frame, done, here);
            done += here;
            skip = 0;
            page = next(page);
        }
        current = end;
        return true;
    }
}
