// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/**
 * Which bytes beyond the received stream's end are already there, as a bounded number of ranges in ascending order.
 * Positions count from the end of what is in order.
 */
final class Reassembly {
    private static final int MAX_RANGES = 64;

    private final int[] starts = new int[MAX_RANGES + 1];
    private final int[] ends = new int[MAX_RANGES + 1];
    private int count;

    boolean isEmpty() {
        return count == 0;
    }

    /** Adds a range and joins it with those that it touches; false if there would be too many. */
    boolean add(int start, int end) {
        int first = 0;
        while (first < count && ends[first] < start) {
            first++;
        }
        int last = first;
        while (last < count && starts[last] <= end) {
            start = Math.min(start, starts[last]);
            end = Math.max(end, ends[last]);
            last++;
        }
        if (last == first && count == MAX_RANGES) {
            return false;
        }
        System.arraycopy(starts, last, starts, first + 1, count - last);
        System.arraycopy(ends, last, ends, first + 1, count - last);
        starts[first] = start;
        ends[first] = end;
        count += 1 - (last - first);
        return true;
    }

    /** Takes the range that begins at 0 away and makes its end the new 0. Returns its length, or 0. */
    int take() {
        if (count == 0 || starts[0] > 0) {
            return 0;
        }
        int length = ends[0];
        count--;
        for (int i = 0; i < count; i++) {
            starts[i] = starts[i + 1] - length;
            ends[i] = ends[i + 1] - length;
        }
        return length;
    }
}
