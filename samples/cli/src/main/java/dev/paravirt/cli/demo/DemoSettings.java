// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the demo is asked to do.
 *
 * @param disk a FAT32 image to use; null to make one
 * @param keep where a new image is left; null to delete it at the end
 * @param json where results are written too; null for nowhere
 * @param seed decides over sizes and contents of files
 * @param quick whether to measure just briefly
 */
public record DemoSettings(
        @Nullable Path disk, @Nullable Path keep, @Nullable Path json, long seed, boolean quick) {

    /** Bytes of the largest files that the guest writes. */
    int mostFileBytes() {
        return quick ? 200_000 : 1_500_000;
    }

    /** How long each of the workloads runs. */
    int workloadMillis() {
        return quick ? 40 : 200;
    }

    /** How long all workloads that only warm the compilers up run together. */
    int warmUpMillis() {
        return quick ? 60 : 1200;
    }

    int eventfdRounds() {
        return quick ? 2_000 : 20_000;
    }

    /** Bytes that are typed at the console, all at once; 40 times as many are shown there. */
    int typedBytes() {
        return quick ? 50_000 : 200_000;
    }

    /** Bytes of the largest file that one guest fetches from the other. */
    int servedBytes() {
        return quick ? 2_000_000 : 16_000_000;
    }
}
