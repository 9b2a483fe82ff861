// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

/** Every round of every contender as a line of comma-separated values. */
public final class CsvReport {
    private static final String HEAD = "carrier,workload,contender,depth,round,requests,exits,nanos,processorNanos\n";

    private CsvReport() {}

    public static String of(Report report) {
        StringBuilder csv = new StringBuilder(HEAD);
        for (WorkloadResult measured : report.workloads()) {
            for (Result result : measured.results()) {
                String begin = String.join(
                        ",",
                        report.carrier(),
                        measured.workload().name(),
                        '"' + result.name() + '"',
                        Integer.toString(result.depth()));
                append(csv, begin, result);
            }
        }
        return csv.toString();
    }

    private static void append(StringBuilder csv, String begin, Result result) {
        for (int i = 0; i < result.rounds().size(); i++) {
            Round round = result.rounds().get(i);
            csv.append(begin).append(',').append(i + 1);
            csv.append(',').append(round.requests());
            csv.append(',').append(round.exits());
            csv.append(',').append(round.nanos());
            csv.append(',').append(round.processorNanos()).append('\n');
        }
    }
}
