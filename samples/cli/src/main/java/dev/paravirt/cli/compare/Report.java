// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import dev.paravirt.backend.transport.trap.ExitCount;
import dev.paravirt.cli.demo.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a comparison came to, for people and for programs.
 *
 * @param exitsOfGuests what each guest counted, from its start to its end
 * @param exits what the hypervisors counted, for those machines that have trapped registers
 */
public record Report(
        Surroundings surroundings,
        long turnNanos,
        List<Result> results,
        Map<MachineKind, Long> exitsOfGuests,
        List<RegisterExits> exits) {
    private static final String WORKLOAD = "random reads of 4 KiB from a disk in memory, each checked";
    private static final String CARRIER = "the hypervisor is another process";
    private static final double NANOS_PER_MILLI = 1e6;

    /** Rounds that count. */
    public int rounds() {
        return results.getFirst().rounds().size();
    }

    /** Lines for a terminal. */
    public List<String> lines() {
        return ResultTable.lines(heading(), results);
    }

    /** What was measured, where and how. */
    List<String> heading() {
        return List.of(
                surroundings.line(),
                String.format(
                        Locale.ROOT,
                        "%s; %s; %d rounds, turns of %.0f ms",
                        WORKLOAD,
                        CARRIER,
                        rounds(),
                        turnNanos / NANOS_PER_MILLI));
    }

    /** A page with charts that needs nothing else. */
    public String html() {
        return HtmlPage.of(this);
    }

    /** Every round of every contender, a line each. */
    public String csv() {
        StringBuilder csv = new StringBuilder("contender,depth,round,requests,exits,nanos,processorNanos\n");
        for (Result result : results) {
            for (int i = 0; i < result.rounds().size(); i++) {
                Round round = result.rounds().get(i);
                csv.append('"').append(result.name()).append('"');
                csv.append(',').append(result.depth());
                csv.append(',').append(i + 1);
                csv.append(',').append(round.requests());
                csv.append(',').append(round.exits());
                csv.append(',').append(round.nanos());
                csv.append(',').append(round.processorNanos()).append('\n');
            }
        }
        return csv.toString();
    }

    /** All there is. */
    public String json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("time", surroundings.time().toString());
        json.put("system", surroundings.system());
        json.put("processor", surroundings.processor());
        json.put("processors", surroundings.processors());
        json.put("java", surroundings.java());
        json.put("commit", surroundings.commit());
        json.put("load", surroundings.load());
        json.put("workload", WORKLOAD);
        json.put("carrier", CARRIER);
        json.put("turnNanos", turnNanos);
        json.put("contenders", results.stream().map(this::contender).toList());
        json.put("guestExits", exitsOfGuests);
        json.put("registerExits", exits.stream().map(Report::register).toList());
        return Json.of(json);
    }

    private Map<String, Object> contender(Result result) {
        Result first = results.getFirst();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", result.name());
        json.put("depth", result.depth());
        json.put("requests", result.requests());
        json.put("exits", result.exits());
        json.put("nanos", result.nanos());
        json.put("medianPerSecond", result.median());
        json.put("slowestPerSecond", result.slowest());
        json.put("fastestPerSecond", result.fastest());
        json.put("exitsPerRequest", result.exitsPerRequest());
        json.put("processorMicrosPerRequest", result.processorMicrosPerRequest());
        json.put("p50Micros", result.latencyMicros(50));
        json.put("p90Micros", result.latencyMicros(90));
        json.put("p99Micros", result.latencyMicros(99));
        json.put("p999Micros", result.latencyMicros(99.9));
        json.put("timesTheFirst", result.median() / first.median());
        json.put("differsFromTheFirst", result.differsFrom(first));
        json.put("rounds", result.rounds().stream().map(Report::round).toList());
        return json;
    }

    private static Map<String, Object> round(Round round) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("requests", round.requests());
        json.put("exits", round.exits());
        json.put("nanos", round.nanos());
        json.put("processorNanos", round.processorNanos());
        return json;
    }

    private static Map<String, Object> register(RegisterExits exits) {
        ExitCount count = exits.count();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("machine", exits.machine());
        json.put("device", count.device());
        json.put("register", count.register());
        json.put("direction", count.write() ? "write" : "read");
        json.put("string", count.string());
        json.put("exits", count.exits());
        json.put("bytes", count.bytes());
        return json;
    }
}
