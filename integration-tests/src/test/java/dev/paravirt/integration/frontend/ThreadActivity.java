// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a process has done so far, as Linux counts it.
 *
 * @param switches how often each of our threads has been on a processor, by its number and name; those of the JVM, which
 *     has housekeeping to do, are left out
 * @param ticks hundredths of a second that all threads have used
 */
record ThreadActivity(Map<String, Long> switches, long ticks) {
    private static final String OUR_THREADS = "paravirt";
    private static final String MAIN_THREAD = "java";
    private static final int USER_TICKS = 11;

    static ThreadActivity of(long process) throws IOException {
        Path folder = Path.of("/proc", String.valueOf(process));
        Map<String, Long> switches = new TreeMap<>();
        try (Stream<Path> threads = Files.list(folder.resolve("task"))) {
            for (Path thread : threads.toList()) {
                addSwitches(thread, switches);
            }
        }
        // The name, which may contain anything, ends with the last parenthesis.
        String stat = Files.readString(folder.resolve("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new ThreadActivity(
                switches, Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[USER_TICKS + 1]));
    }

    private static void addSwitches(Path thread, Map<String, Long> switches) throws IOException {
        List<String> status;
        try {
            status = Files.readAllLines(thread.resolve("status"));
        } catch (NoSuchFileException ended) {
            return;
        }
        String name = field(status.getFirst());
        if (name.startsWith(OUR_THREADS) || name.equals(MAIN_THREAD)) {
            long count = status.stream()
                    .filter(line -> line.contains("voluntary_ctxt_switches:"))
                    .mapToLong(line -> Long.parseLong(field(line)))
                    .sum();
            switches.put(thread.getFileName() + " " + name, count);
        }
    }

    private static String field(String line) {
        return line.substring(line.indexOf(':') + 1).strip();
    }
}
