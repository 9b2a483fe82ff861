// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

/** What one workload came to, as the guest reported it. Latencies in microseconds, from submission to completion. */
record WorkloadRow(
        String operation,
        int queueDepth,
        long blockSize,
        long requests,
        long errors,
        double iops,
        double megabytesPerSecond,
        double p50,
        double p99,
        double p999,
        double doorbellsPerRequest,
        double interruptsPerRequest) {

    static WorkloadRow of(ReportLine line) {
        return new WorkloadRow(
                line.text("operation"),
                (int) line.number("queueDepth"),
                line.number("blockSize"),
                line.number("requests"),
                line.number("errors"),
                line.decimal("iops"),
                line.decimal("mbPerSecond"),
                line.decimal("p50Micros"),
                line.decimal("p99Micros"),
                line.decimal("p999Micros"),
                line.decimal("doorbellsPerRequest"),
                line.decimal("interruptsPerRequest"));
    }
}
