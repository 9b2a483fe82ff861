// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.contest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The processor: its name, threads that stay on one core, and the length of a cycle as ringtest counts it. */
public final class Processor {
    private static final double ASSUMED_MEGAHERTZ = 2500;

    private Processor() {}

    /**
     * Keeps the calling thread on one processor from now on.
     *
     * @throws IOException if the system, or the absence of taskset (util-linux), prevents it
     */
    public static void pin(int cpu) throws IOException, InterruptedException {
        String thread = Files.readSymbolicLink(Path.of("/proc/thread-self"))
                .getFileName()
                .toString();
        Process taskset = new ProcessBuilder("taskset", "-p", "-c", Integer.toString(cpu), thread)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (taskset.waitFor() != 0) {
            throw new IOException("could not pin a thread to processor " + cpu + "; see taskset's message above");
        }
    }

    /** Its name, as the system gives it. */
    static String model() throws IOException {
        return property("model name").orElse("unknown");
    }

    /** Nanoseconds of a number of cycles of the time stamp counter, which ringtest counts in. */
    public static long nanosOfCycles(long cycles) throws IOException {
        // Linux derives bogomips from the frequency of that counter, at two a cycle.
        double megahertz =
                property("bogomips").map(value -> Double.parseDouble(value) / 2).orElse(ASSUMED_MEGAHERTZ);
        return Math.round(cycles * 1000 / megahertz);
    }

    private static Optional<String> property(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith(name))
                .findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip());
    }
}
