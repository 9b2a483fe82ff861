// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What the guest prints by hypercall, put together to lines again, and what its report lines come to. The guest may
 * print whatever it likes for as long as it likes: only so much is kept.
 */
final class GuestConsole {
    private static final int LONGEST_LINE = 16 << 10;
    private static final int MOST_REPORTS = 100_000;
    private static final int LAST_LINES = 40;

    private final Consumer<ReportLine> steps;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final Map<String, FileDigest> files = new HashMap<>();
    private final List<WorkloadRow> workloads = new ArrayList<>();
    private final List<ReportLine> results = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private final Deque<String> lastLines = new ArrayDeque<>();
    private int commands;

    /** For a guest that works on files and measures a disk. */
    GuestConsole(Progress progress) {
        this(new BlockSteps(progress));
    }

    /** @param steps is given each step that begins, on a thread of the hypervisor's */
    GuestConsole(Consumer<ReportLine> steps) {
        this.steps = steps;
    }

    /** Called with bytes as they come, on a thread of the hypervisor's. */
    synchronized void print(byte[] text) {
        for (int i = 0; i < text.length; i++) {
            if (text[i] == '\n' || line.size() == LONGEST_LINE) {
                handle(line.toString(StandardCharsets.UTF_8));
                line.reset();
            }
            if (text[i] != '\n') {
                line.write(text[i]);
            }
        }
    }

    /** The latest checksum that the guest reported of each file, by path. */
    synchronized Map<String, FileDigest> files() {
        return Map.copyOf(files);
    }

    synchronized List<WorkloadRow> workloads() {
        return List.copyOf(workloads);
    }

    /** What devices counted, and programs about the network measured: all reports of an event, in their order. */
    synchronized List<ReportLine> results(String event) {
        return results.stream().filter(result -> result.event().equals(event)).toList();
    }

    /**
     * Whether all commands have ended well.
     *
     * @param what is checked, with a %d for their number
     */
    synchronized Check checkCommands(String what, long expected) {
        return Check.that(
                String.format(Locale.ROOT, what, expected),
                failures.isEmpty() && commands == expected,
                failures.isEmpty() ? "only " + commands + " came to an end" : String.join("; ", failures));
    }

    /** The commands that failed, and how. */
    synchronized List<String> failures() {
        return List.copyOf(failures);
    }

    /** The last lines that were meant for people. */
    synchronized List<String> lastLines() {
        return List.copyOf(lastLines);
    }

    private void handle(String text) {
        ReportLine report = ReportLine.parse(text).orElse(null);
        if (report == null) {
            if (lastLines.size() == LAST_LINES) {
                lastLines.removeFirst();
            }
            lastLines.addLast(text);
            return;
        }
        switch (report.event()) {
            case "progress" -> steps.accept(report);
            case "file" -> {
                if (files.size() < MOST_REPORTS) {
                    files.put(report.text("path"), new FileDigest(report.number("size"), report.text("sha256")));
                }
            }
            case "workload" -> {
                if (workloads.size() < MOST_REPORTS) {
                    workloads.add(WorkloadRow.of(report));
                }
            }
            case "command" -> ended(report);
            case "device", "ping", "download", "netperf" -> {
                if (results.size() < MOST_REPORTS) {
                    results.add(report);
                }
            }
            default -> {
                // A newer toy OS may say more.
            }
        }
    }

    private void ended(ReportLine report) {
        commands++;
        if (report.number("status") != 0 && failures.size() < MOST_REPORTS) {
            failures.add(report.text("line") + ": exit status " + report.text("status"));
        }
    }
}
