// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the guest prints by hypercall, put together to lines again, and what its report lines come to. The guest may
 * print whatever it likes for as long as it likes: only so much is kept.
 */
final class GuestConsole {
    private static final int LONGEST_LINE = 16 << 10;
    private static final int MOST_REPORTS = 100_000;
    private static final int LAST_LINES = 40;
    private static final int FILES_PERCENT = 15;
    private static final int WARM_PERCENT = 30;

    private final Progress progress;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final Map<String, FileDigest> files = new HashMap<>();
    private final List<WorkloadRow> workloads = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private final Deque<String> lastLines = new ArrayDeque<>();
    private int commands;
    private int measuring;

    GuestConsole(Progress progress) {
        this.progress = progress;
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

    /** How many commands have ended. */
    synchronized int commands() {
        return commands;
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
            case "progress" -> show(report);
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
            default -> {
                // A newer toy OS may say more.
            }
        }
    }

    /** The commands take about this much of the time, up to the measuring ones, of which the last takes most. */
    private void show(ReportLine report) {
        long done = report.number("step") - 1;
        long steps = Math.max(1, report.number("steps"));
        String what = report.text("what");
        if (!report.text("program").equals("blockbench")) {
            measuring += what.startsWith("blockbench") ? 1 : 0;
            if (measuring == 0) {
                progress.at(share(0, FILES_PERCENT, done, steps), "files: " + what);
            }
        } else if (measuring == 1) {
            progress.at(share(FILES_PERCENT, WARM_PERCENT, done, steps), "warming up: " + what);
        } else {
            progress.at(share(WARM_PERCENT, 100, done, steps), "measuring: " + what);
        }
    }

    /** The guest may say what it likes: it comes to something between the two. */
    private static int share(int from, int to, long done, long steps) {
        return from + (int) (Math.clamp((double) done / steps, 0, 1) * (to - from));
    }

    private void ended(ReportLine report) {
        commands++;
        if (report.number("status") != 0 && failures.size() < MOST_REPORTS) {
            failures.add(report.text("line") + ": exit status " + report.text("status"));
        }
    }
}
