// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.process;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How long every measurement takes, and what its processes run under. */
public final class Conditions {
    @Option(names = "--warm-up", description = "seconds that do not count (default: ${DEFAULT-VALUE})")
    private int warmUp;

    @Option(names = "--seconds", description = "seconds that count (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--under",
            split = " ",
            paramLabel = "COMMAND",
            description = "run all processes under a command, such as 'chrt -r 1' where the machine is not idle")
    private List<String> under = new ArrayList<>();

    /** What holds if nobody says otherwise. */
    public Conditions(int warmUp, int seconds) {
        this.warmUp = warmUp;
        this.seconds = seconds;
    }

    /** Seconds that do not count. */
    public int warmUp() {
        return warmUp;
    }

    /** Seconds that count. */
    public int seconds() {
        return seconds;
    }

    /** A command line, to be run under these conditions. */
    public List<String> command(List<String> words) {
        List<String> command = new ArrayList<>(under);
        command.addAll(words);
        return command;
    }
}
