// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;

/**
 * What a walk through all directories of a volume found.
 *
 * @param problems contradictions that make writing dangerous, the first hundred of them
 * @param lostClusters clusters in use that no file needs: harmless, and usual after a crash
 */
public record VolumeCheck(List<String> problems, int lostClusters) {
    private static final int MOST_PROBLEMS = 100;
    private static final int MOST_PATH = 512;

    public boolean faultless() {
        return problems.isEmpty() && lostClusters == 0;
    }

    static VolumeCheck run(Fat32Volume volume) throws IOException {
        Walk walk = new Walk(volume);
        walk.claim(volume.boot().rootCluster(), "/");
        walk.directories.add(new Place(volume.boot().rootCluster(), "/"));
        while (!walk.directories.isEmpty() && walk.problems.size() < MOST_PROBLEMS) {
            walk.visit(walk.directories.remove());
        }
        int unclaimed = volume.table().owned() - volume.table().pending() - walk.claimed.cardinality();
        return new VolumeCheck(List.copyOf(walk.problems), Math.max(0, unclaimed) + walk.excess);
    }

    private record Place(int cluster, String path) {}

    private static final class Walk {
        final Fat32Volume volume;
        final List<String> problems = new ArrayList<>();
        final Deque<Place> directories = new ArrayDeque<>();
        final BitSet claimed = new BitSet();
        /** Clusters behind the end of their file. */
        int excess;

        Walk(Fat32Volume volume) {
            this.volume = volume;
            String damage = volume.table().damage();
            if (damage != null) {
                problems.add(damage);
            }
        }

        void visit(Place place) throws IOException {
            try {
                DirectoryCursor cursor = new DirectoryCursor(volume.directoryAt(place.cluster()));
                DirectoryEntry entry = cursor.next();
                while (entry != null && problems.size() < MOST_PROBLEMS) {
                    check(entry, place.path() + entry.name());
                    entry = cursor.next();
                }
            } catch (FileSystemException damaged) {
                problems.add(place.path() + ": " + damaged.getMessage());
            }
        }

        private void check(DirectoryEntry entry, String path) throws IOException {
            long clusters = entry.firstCluster() == 0 ? 0 : claim(entry.firstCluster(), path);
            if (clusters < 0) {
                return;
            }
            int clusterSize = volume.boot().clusterSize();
            if (entry.isDirectory()) {
                if (clusters == 0) {
                    problems.add(path + " is a directory without a cluster");
                } else {
                    directories.add(new Place(entry.firstCluster(), shortened(path) + "/"));
                }
            } else {
                long needed = (entry.size() + clusterSize - 1) / clusterSize;
                excess += (int) Math.max(0, clusters - needed);
                if (clusters < needed) {
                    problems.add(path + " has " + entry.size() + " bytes, but " + clusters + " clusters");
                }
            }
        }

        /** A hostile tree can be so deep that its paths would fill the memory. */
        private static String shortened(String path) {
            return path.length() <= MOST_PATH ? path : "..." + path.substring(path.length() - MOST_PATH);
        }

        /** Marks a chain; returns its length, or -1 after a problem. */
        int claim(int head, String path) throws IOException {
            try {
                volume.table().checkHead(head, path);
                int length = 0;
                for (int cluster = head;
                        cluster != AllocationTable.END;
                        cluster = volume.table().next(cluster)) {
                    if (claimed.get(cluster)) {
                        problems.add(path + " shares cluster " + cluster + " with another file");
                        return -1;
                    }
                    claimed.set(cluster);
                    length++;
                }
                return length;
            } catch (FileSystemException damaged) {
                problems.add(path + ": " + damaged.getMessage());
                return -1;
            }
        }
    }
}
