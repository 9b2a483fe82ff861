// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.contest;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What every contest can be told. */
public final class ContestOptions {
    @Option(names = "--commit", hidden = true, description = "what was measured")
    private String commit = "unknown";

    @Option(names = "--rounds", description = "measurements of each, 1 or more (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--json", paramLabel = "FILE", description = "also write all figures there")
    private @Nullable Path json;

    /** @param rounds how many there are if nobody says otherwise */
    public ContestOptions(int rounds) {
        this.rounds = rounds;
    }

    String commit() {
        return commit;
    }

    /** Measurements of each contender. */
    public int rounds() {
        return rounds;
    }

    @Nullable
    Path json() {
        return json;
    }
}
