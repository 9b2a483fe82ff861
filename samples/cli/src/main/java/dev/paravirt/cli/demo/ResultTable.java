// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The workloads as lines of text. */
final class ResultTable {
    private ResultTable() {}

    static List<String> lines(List<WorkloadRow> rows) {
        List<String> lines = new ArrayList<>();
        lines.add("                  queue                          p50      p99     p99.9  doorbells  interrupts");
        lines.add("operation         depth      IOPS     MB/s       us       us        us   /request    /request");
        String previous = "";
        for (WorkloadRow row : rows) {
            if (!previous.isEmpty() && !previous.equals(row.operation())) {
                lines.add("");
            }
            previous = row.operation();
            lines.add(String.format(
                    Locale.ROOT,
                    "%-17s %5d %,9.0f %8.1f %8.1f %8.1f %9.1f %10.3f %11.3f",
                    row.operation(),
                    row.queueDepth(),
                    row.iops(),
                    row.megabytesPerSecond(),
                    row.p50(),
                    row.p99(),
                    row.p999(),
                    row.doorbellsPerRequest(),
                    row.interruptsPerRequest()));
        }
        return lines;
    }
}
