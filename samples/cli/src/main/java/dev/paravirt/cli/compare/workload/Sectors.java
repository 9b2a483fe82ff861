// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.NumberedDisk;
import java.io.IOException;
import java.util.SplittableRandom;

/** Which sectors a request is for, and what is found in them: each begins with its number. */
final class Sectors {
    private static final int SECTOR = NumberedDisk.SECTOR;

    private final SplittableRandom random = new SplittableRandom(1);
    private final BlockPattern pattern;
    private final long sectors;
    private final int perRequest;
    private long next;

    Sectors(BlockPattern pattern) {
        this.pattern = pattern;
        this.perRequest = pattern.bytes() / SECTOR;
        this.sectors = NumberedDisk.BYTES / SECTOR;
    }

    /** The first sector of the next request. */
    long next() {
        if (pattern.isRandom()) {
            return random.nextLong(sectors / perRequest) * perRequest;
        }
        long first = next;
        next = first + perRequest == sectors ? 0 : first + perRequest;
        return first;
    }

    /** As {@link #next}, in one of so many parts of the disk: requests of different parts never overlap. */
    long next(int part, int parts) {
        long each = sectors / perRequest / parts;
        return (part * each + random.nextLong(each)) * perRequest;
    }

    /** Offset of the last sector of a request in its data. */
    int last() {
        return pattern.bytes() - SECTOR;
    }

    /** Checks what the first and the last sector of a request begin with. */
    void check(String who, long sector, long first, long last) throws IOException {
        if (first != sector || last != sector + perRequest - 1) {
            throw new IOException(who + " read sectors " + first + " to " + last + " in place of " + sector + " to "
                    + (sector + perRequest - 1));
        }
    }
}
