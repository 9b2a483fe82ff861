// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.block;

import java.util.Arrays;

/**
 * Recognizes the few sequences that a file system reads side by side (a file, its allocation table, a directory) and how
 * far each deserves to be read ahead: a window of blocks that doubles while the sequence lasts.
 */
final class Streams {
    private static final int STREAMS = 4;

    private final long[] last = new long[STREAMS];
    private final int[] window = new int[STREAMS];
    private final int largest;
    private int replace;

    Streams(int largestWindow) {
        largest = largestWindow;
        Arrays.fill(last, Long.MIN_VALUE);
    }

    /** Notes a use of a block; returns the number of its stream. */
    int follow(long block) {
        for (int i = 0; i < STREAMS; i++) {
            if (last[i] == block || last[i] == block - 1) {
                last[i] = block;
                return i;
            }
        }
        replace = (replace + 1) % STREAMS;
        last[replace] = block;
        window[replace] = 0;
        return replace;
    }

    /** How many blocks to read now: 1 for a new stream, then ever more. */
    int widen(int stream) {
        window[stream] = Math.min(largest, Math.max(1, window[stream] * 2));
        return window[stream];
    }
}
