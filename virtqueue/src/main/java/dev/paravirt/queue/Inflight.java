// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.spec.vhostuser.InflightLayout;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Notes which buffers of a queue are in flight, for a successor of this process ("Inflight I/O tracking"). What can be read
 * back from here is kept privately as well, and only that is used. Nothing is allocated after the queue was opened.
 */
abstract sealed class Inflight permits SplitInflight, PackedInflight {
    static final int NONE = -1;

    final InflightRegion region;
    final int queueSize;

    /** Entries of buffers that were used since the last publish. */
    final int[] batch;

    int batchSize;

    /** What the next buffer gets, so that its place in the order of submission is known. */
    long counter;

    /** Entries of buffers that a predecessor took, in its order. */
    private int[] resubmissions = {};

    private int nextResubmission;

    Inflight(InflightRegion region, int queueSize) {
        if (region.descriptors() < queueSize) {
            throw new VirtqueueException(
                    "inflight memory for " + region.descriptors() + " descriptors in a queue of " + queueSize);
        }
        this.region = region;
        this.queueSize = queueSize;
        this.batch = new int[queueSize];
    }

    final boolean hasResubmissions() {
        return nextResubmission < resubmissions.length;
    }

    /** The entry of the next buffer to be submitted again; there is one. */
    final int nextResubmission() {
        return resubmissions[nextResubmission++];
    }

    /** @param entries heads of what is in flight, in any order */
    final void resubmit(int[] entries, long entriesAt, int entrySize) {
        long[] counters = new long[entries.length];
        Integer[] order = new Integer[entries.length];
        for (int i = 0; i < entries.length; i++) {
            order[i] = i;
            counters[i] = region.getLong(entriesAt + (long) entries[i] * entrySize + InflightLayout.COUNTER);
            counter = Math.max(counter, counters[i] + 1);
        }
        Arrays.sort(order, Comparator.comparingLong(i -> counters[i]));
        resubmissions = Arrays.stream(order).mapToInt(i -> entries[i]).toArray();
    }

    final void addToBatch(int entry) {
        if (batchSize == batch.length) {
            throw new VirtqueueException("more than " + batchSize + " buffers used at once in a queue of that size");
        }
        batch[batchSize++] = entry;
    }
}
