// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.block.WriteOrder;
import dev.paravirt.toyos.fat32.FileSystemException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The file allocation table: for each cluster, the one that follows it. Read whole at mount, of which two bits a cluster
 * stay in memory: whether it is in use, and whether another one leads to it. The second shows crossed chains at once,
 * and makes every walk from a cluster that nothing leads to a finite one.
 *
 * <p>Freed chains stay in use until the directory that no longer names them is on the disk ({@link #freePending}): so
 * after a crash no name leads to a cluster that already belongs to another file.
 */
final class AllocationTable {
    /** What {@link #next} returns behind the last cluster of a chain. */
    static final int END = -1;

    private static final int VALUE_MASK = 0x0FFF_FFFF;
    private static final int BAD_CLUSTER = 0x0FFF_FFF7;
    private static final int END_OF_CHAIN = 0x0FFF_FFFF;
    private static final int FIRST_END_OF_CHAIN = 0x0FFF_FFF8;
    private static final int SHUT_DOWN_CLEANLY = 0x0800_0000;

    private final BlockCache cache;
    private final BootSector boot;
    private final BitSet used;
    private final BitSet continuation;
    private final List<Integer> pending = new ArrayList<>();
    private final Reclaim reclaim;
    private @Nullable String damage;
    /** Whether there is damage that no crash of ours leaves behind. */
    private boolean beyondRecovery;

    private int badClusters;
    private int free;
    private int pendingClusters;
    private int hint = BootSector.FIRST_CLUSTER;

    /** Makes the directories durable and calls {@link #freePending}. */
    interface Reclaim {
        void run() throws IOException;
    }

    private AllocationTable(BlockCache cache, BootSector boot, Reclaim reclaim) {
        this.cache = cache;
        this.boot = boot;
        this.reclaim = reclaim;
        used = new BitSet(boot.clusterLimit());
        continuation = new BitSet(boot.clusterLimit());
    }

    static AllocationTable load(BlockCache cache, BootSector boot, Reclaim reclaim) throws IOException {
        AllocationTable table = new AllocationTable(cache, boot, reclaim);
        table.scan();
        return table;
    }

    private void scan() throws IOException {
        for (int cluster = BootSector.FIRST_CLUSTER; cluster < boot.clusterLimit(); cluster++) {
            int value = get(cluster);
            if (value == 0) {
                free++;
                continue;
            }
            used.set(cluster);
            if (inRange(value)) {
                if (continuation.get(value)) {
                    beyondRecovery = true;
                    damaged("two chains lead to cluster " + value);
                }
                continuation.set(value);
            } else if (value == BAD_CLUSTER) {
                badClusters++;
            } else if (value < BAD_CLUSTER) {
                beyondRecovery = true;
                damaged("cluster " + cluster + " leads to cluster " + value + ", which does not exist");
            }
        }
        for (int c = continuation.nextSetBit(0); c >= 0; c = continuation.nextSetBit(c + 1)) {
            if (!used.get(c)) {
                damaged("a chain leads to cluster " + c + ", which is free");
            }
        }
    }

    /**
     * Mends what a crash between two sectors of the table leaves behind: chains that lead on to a free cluster end
     * before it, and all copies say the same again. Whether a file misses what was cut off is for a check to tell.
     */
    void recover() throws IOException {
        for (int cluster = BootSector.FIRST_CLUSTER; cluster < boot.clusterLimit(); cluster++) {
            int value = get(cluster);
            if (inRange(value) && !used.get(value)) {
                continuation.clear(value);
                put(cluster, END_OF_CHAIN);
            } else if (boot.mirrored() && !copiesAgree(cluster)) {
                putWhole(cluster, entry(cluster));
            }
        }
        if (!beyondRecovery) {
            damage = null;
        }
    }

    private boolean copiesAgree(int cluster) throws IOException {
        for (int fat = 1; fat < boot.fatCount(); fat++) {
            if (cache.getInt(offset(fat, cluster)) != cache.getInt(offset(0, cluster))) {
                return false;
            }
        }
        return true;
    }

    private void damaged(String what) {
        if (damage == null) {
            damage = what;
        }
    }

    /** The first contradiction found at mount, or null. */
    @Nullable
    String damage() {
        return damage;
    }

    /** Clusters that can be allocated now. */
    int free() {
        return free;
    }

    /** Clusters that can be allocated after {@link #freePending}. */
    int pending() {
        return pendingClusters;
    }

    int hint() {
        return hint;
    }

    int clusterCount() {
        return boot.clusterCount();
    }

    /** Clusters that some file or directory should own. */
    int owned() {
        return used.cardinality() - badClusters;
    }

    /** Checks that a chain can start here. */
    void checkHead(int cluster, String of) throws FileSystemException {
        if (!inRange(cluster)) {
            throw FileSystemException.corrupt(of + " starts at cluster " + cluster + ", which does not exist");
        }
        if (!used.get(cluster)) {
            throw FileSystemException.corrupt(of + " starts at cluster " + cluster + ", which is free");
        }
        if (continuation.get(cluster)) {
            throw FileSystemException.corrupt(of + " starts at cluster " + cluster + ", in the midst of another chain");
        }
    }

    int next(int cluster) throws IOException {
        int value = get(cluster);
        if (value >= FIRST_END_OF_CHAIN) {
            return END;
        }
        if (!inRange(value)) {
            throw FileSystemException.corrupt("cluster " + cluster + " leads to cluster " + value);
        }
        return value;
    }

    /** Makes sure that {@code clusters} can be allocated. */
    void reserve(int clusters) throws IOException {
        if (free < clusters && !pending.isEmpty()) {
            reclaim.run();
        }
        if (free < clusters) {
            throw new FileSystemException(
                    Reason.NO_SPACE,
                    "the volume is full: " + clusters + " more clusters are needed, " + free + " are free");
        }
    }

    /** Takes a free cluster, best the one behind {@code near}, as a chain of its own. */
    int allocate(int near) throws IOException {
        int cluster = near + 1;
        if (near < BootSector.FIRST_CLUSTER || cluster >= boot.clusterLimit() || used.get(cluster)) {
            cluster = used.nextClearBit(hint);
            if (cluster >= boot.clusterLimit()) {
                cluster = used.nextClearBit(BootSector.FIRST_CLUSTER);
            }
        }
        if (cluster >= boot.clusterLimit()) {
            throw new FileSystemException(Reason.NO_SPACE, "the volume is full");
        }
        put(cluster, END_OF_CHAIN);
        used.set(cluster);
        free--;
        hint = cluster + 1 < boot.clusterLimit() ? cluster + 1 : BootSector.FIRST_CLUSTER;
        return cluster;
    }

    /** Makes {@code next}, the start of a chain, follow {@code last}, the end of another. */
    void link(int last, int next) throws IOException {
        put(last, next);
        continuation.set(next);
    }

    /** Ends a chain after {@code last} and gives what followed back. */
    void cut(int last) throws IOException {
        int rest = next(last);
        if (rest == END) {
            return;
        }
        put(last, END_OF_CHAIN);
        continuation.clear(rest);
        freeLater(rest);
    }

    /** Gives a chain back, once the directory that named it is on the disk. */
    void freeLater(int head) throws IOException {
        checkHead(head, "a chain to be freed");
        if (pending.contains(head)) {
            throw FileSystemException.corrupt("two files start at cluster " + head);
        }
        int length = 0;
        for (int cluster = head; cluster != END; cluster = next(cluster)) {
            if (++length > boot.clusterCount()) {
                throw FileSystemException.corrupt("the chain from cluster " + head + " never ends");
            }
        }
        pending.add(head);
        pendingClusters += length;
    }

    /** Frees the chains given back so far. The caller has made the directories durable. */
    void freePending() throws IOException {
        while (!pending.isEmpty()) {
            int cluster = pending.getLast();
            while (cluster != END) {
                int next = next(cluster);
                put(cluster, 0);
                used.clear(cluster);
                free++;
                pendingClusters--;
                if (next == END) {
                    pending.removeLast();
                } else {
                    continuation.clear(next);
                    // Should the disk fail in between, the rest of the chain is what remains to be freed.
                    pending.set(pending.size() - 1, next);
                }
                cluster = next;
            }
        }
    }

    boolean markedClean() throws IOException {
        return (entry(1) & SHUT_DOWN_CLEANLY) != 0;
    }

    void markClean(boolean clean) throws IOException {
        int value = entry(1);
        putWhole(1, clean ? value | SHUT_DOWN_CLEANLY : value & ~SHUT_DOWN_CLEANLY);
    }

    private boolean inRange(int value) {
        return value >= BootSector.FIRST_CLUSTER && value < boot.clusterLimit();
    }

    private int get(int cluster) throws IOException {
        return entry(cluster) & VALUE_MASK;
    }

    private int entry(int cluster) throws IOException {
        return cache.getInt(offset(boot.activeFat(), cluster));
    }

    private void put(int cluster, int value) throws IOException {
        // The upper four bits are reserved and stay as they are.
        putWhole(cluster, entry(cluster) & ~VALUE_MASK | value);
    }

    private void putWhole(int cluster, int value) throws IOException {
        if (boot.mirrored()) {
            for (int fat = 0; fat < boot.fatCount(); fat++) {
                cache.putInt(offset(fat, cluster), value, WriteOrder.ALLOCATION);
            }
        } else {
            cache.putInt(offset(boot.activeFat(), cluster), value, WriteOrder.ALLOCATION);
        }
    }

    private long offset(int fat, int cluster) {
        return boot.firstFatOffset() + fat * boot.fatSize() + (long) cluster * Integer.BYTES;
    }
}
