// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import java.io.IOException;
import java.util.Arrays;

/**
 * The clusters of one file or directory, by position. What was walked is remembered as runs of neighbouring clusters, so
 * that a seek in a file that lies in few pieces costs a binary search instead of a walk from its start.
 */
final class ClusterChain {
    /** The memory a hostile chain can cost; behind it, seeks walk from the last run. */
    private static final int MOST_RUNS = 1 << 16;

    private final AllocationTable table;
    private int head;
    private int[] runIndex = new int[4];
    private int[] runCluster = new int[4];
    private int runs;
    private int lastIndex;
    private int lastCluster;
    private int cursorIndex;
    private int cursorCluster;

    /** @param head the first cluster, or 0 for an empty chain */
    ClusterChain(AllocationTable table, int head, String of) throws FileSystemException {
        this.table = table;
        if (head != 0) {
            table.checkHead(head, of);
        }
        start(head);
    }

    private void start(int newHead) {
        head = newHead;
        runIndex[0] = 0;
        runCluster[0] = head;
        runs = 1;
        lastIndex = 0;
        lastCluster = head;
        cursorIndex = 0;
        cursorCluster = head;
    }

    /** The first cluster, or 0. */
    int head() {
        return head;
    }

    /** The cluster at a position, or {@link AllocationTable#END} if the chain is shorter. */
    int at(int index) throws IOException {
        if (head == 0) {
            return AllocationTable.END;
        }
        if (index <= lastIndex) {
            int found = Arrays.binarySearch(runIndex, 0, runs, index);
            int run = found >= 0 ? found : -found - 2;
            return runCluster[run] + index - runIndex[run];
        }
        if (cursorIndex > index || cursorIndex < lastIndex) {
            cursorIndex = lastIndex;
            cursorCluster = lastCluster;
        }
        while (cursorIndex < index) {
            int next = table.next(cursorCluster);
            if (next == AllocationTable.END) {
                return next;
            }
            if (++cursorIndex >= table.clusterCount()) {
                throw FileSystemException.corrupt("the chain from cluster " + head + " never ends");
            }
            cursorCluster = next;
            remember();
        }
        return cursorCluster;
    }

    private void remember() {
        if (cursorIndex != lastIndex + 1) {
            return;
        }
        if (cursorCluster != lastCluster + 1) {
            if (runs == MOST_RUNS) {
                return;
            }
            if (runs == runIndex.length) {
                runIndex = Arrays.copyOf(runIndex, runs * 2);
                runCluster = Arrays.copyOf(runCluster, runs * 2);
            }
            runIndex[runs] = cursorIndex;
            runCluster[runs++] = cursorCluster;
        }
        lastIndex = cursorIndex;
        lastCluster = cursorCluster;
    }

    /** How many clusters there are; walks to the end. */
    int length() throws IOException {
        if (head == 0) {
            return 0;
        }
        int index = Math.max(lastIndex, cursorIndex);
        while (at(index + 1) != AllocationTable.END) {
            index++;
        }
        return index + 1;
    }

    /** Adds clusters until there are {@code length}: all of them, or none if the volume is too full. */
    void extend(int length) throws IOException {
        if (at(length - 1) != AllocationTable.END) {
            return;
        }
        int now = length();
        table.reserve(length - now);
        int last = now == 0 ? 0 : at(now - 1);
        for (; now < length; now++) {
            int added = table.allocate(last);
            if (now == 0) {
                start(added);
            } else {
                table.link(last, added);
            }
            last = added;
        }
    }

    /** Gives back what is behind the first {@code length} clusters. */
    void truncate(int length) throws IOException {
        if (head == 0) {
            return;
        }
        if (length == 0) {
            table.freeLater(head);
            start(0);
            return;
        }
        int last = at(length - 1);
        if (last != AllocationTable.END) {
            table.cut(last);
            start(head);
        }
    }
}
