// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How fast bytes went through a device, and what that took.
 *
 * @param what the bytes were, for people
 * @param unit what they were handed over in: request, frame, buffer
 * @param units how many of these
 * @param doorbellsPerUnit notifications that the guest sent
 * @param interruptsPerUnit interrupts that it got
 */
record ThroughputRow(
        String device,
        String what,
        double megabytesPerSecond,
        String unit,
        long units,
        double doorbellsPerUnit,
        double interruptsPerUnit) {

    static ThroughputRow of(WorkloadRow row) {
        return new ThroughputRow(
                "block",
                row.operation() + ", " + row.blockSize() + " bytes, depth " + row.queueDepth(),
                row.megabytesPerSecond(),
                "request",
                row.requests(),
                row.doorbellsPerRequest(),
                row.interruptsPerRequest());
    }

    static ThroughputRow of(String device, String what, double megabytesPerSecond, String unit, DeviceCount count) {
        double units = Math.max(1, count.buffers());
        return new ThroughputRow(
                device,
                what,
                megabytesPerSecond,
                unit,
                count.buffers(),
                count.doorbells() / units,
                count.interrupts() / units);
    }

    /** All of them as lines of text. */
    static List<String> lines(List<ThroughputRow> rows) {
        List<String> lines = new ArrayList<>();
        lines.add("                                                                          doorbells  interrupts");
        lines.add("throughput                                            MB/s   handed over      /unit       /unit");
        for (ThroughputRow row : rows) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%-8s %-40s %8.1f %,9d %-8s %5.3f %11.3f",
                    row.device(),
                    row.what(),
                    row.megabytesPerSecond(),
                    row.units(),
                    row.unit() + "s",
                    row.doorbellsPerUnit(),
                    row.interruptsPerUnit()));
        }
        return lines;
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("device", device);
        json.put("what", what);
        json.put("mbPerSecond", megabytesPerSecond);
        json.put("unit", unit);
        json.put("units", units);
        json.put("doorbellsPerUnit", doorbellsPerUnit);
        json.put("interruptsPerUnit", interruptsPerUnit);
        return json;
    }
}
