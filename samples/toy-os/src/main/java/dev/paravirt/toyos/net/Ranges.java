// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/**
 * A set of bytes of a stream as a bounded number of ranges in ascending order: those that came too early, or those that
 * the peer says came too early. Positions count from the first byte that is missing.
 */
final class Ranges {
    /** More than a window of full segments has holes. */
    private static final int MAX_RANGES = 512;

    private final int[] starts = new int[MAX_RANGES + 1];
    private final int[] ends = new int[MAX_RANGES + 1];
    private int count;
    private int bytes;

    boolean isEmpty() {
        return count == 0;
    }

    int count() {
        return count;
    }

    int start(int index) {
        return starts[index];
    }

    int end(int index) {
        return ends[index];
    }

    /** Bytes in all ranges. */
    int bytes() {
        return bytes;
    }

    /** Where the last range ends; 0 if there is none. */
    int end() {
        return count == 0 ? 0 : ends[count - 1];
    }

    void clear() {
        count = 0;
        bytes = 0;
    }

    /** Adds a range and joins it with those that it touches; false if there would be too many. */
    boolean add(int start, int end) {
        int first = 0;
        while (first < count && ends[first] < start) {
            first++;
        }
        int last = first;
        int from = start;
        int to = end;
        int before = 0;
        while (last < count && starts[last] <= to) {
            from = Math.min(from, starts[last]);
            to = Math.max(to, ends[last]);
            before += ends[last] - starts[last];
            last++;
        }
        if (last == first && count == MAX_RANGES) {
            return false;
        }
        System.arraycopy(starts, last, starts, first + 1, count - last);
        System.arraycopy(ends, last, ends, first + 1, count - last);
        starts[first] = from;
        ends[first] = to;
        count += 1 - (last - first);
        bytes += to - from - before;
        return true;
    }

    /** Takes the range that begins at 0 away and makes its end the new 0. Returns its length, or 0. */
    int take() {
        if (count == 0 || starts[0] > 0) {
            return 0;
        }
        int length = ends[0];
        shift(length);
        return length;
    }

    /** Moves 0 forward and forgets what is before it. */
    void shift(int distance) {
        int kept = 0;
        bytes = 0;
        for (int i = 0; i < count; i++) {
            int start = Math.max(0, starts[i] - distance);
            int end = ends[i] - distance;
            if (end > 0) {
                starts[kept] = start;
                ends[kept] = end;
                bytes += end - start;
                kept++;
            }
        }
        count = kept;
    }

    /** The first position from {@code from} on that is in no range. */
    int firstMissing(int from) {
        int at = from;
        for (int i = 0; i < count && starts[i] <= at; i++) {
            at = Math.max(at, ends[i]);
        }
        return at;
    }

    /** Where the next range begins behind a position that is in none; the last range's end if there is none. */
    int nextStart(int from) {
        for (int i = 0; i < count; i++) {
            if (starts[i] > from) {
                return starts[i];
            }
        }
        return end();
    }

    /** Bytes of ranges before a position. */
    int bytesBefore(int position) {
        int sum = 0;
        for (int i = 0; i < count && starts[i] < position; i++) {
            sum += Math.min(ends[i], position) - starts[i];
        }
        return sum;
    }

    /** The range that holds a position, or -1. */
    int find(int position) {
        for (int i = 0; i < count; i++) {
            if (starts[i] <= position && position < ends[i]) {
                return i;
            }
        }
        return -1;
    }
}
