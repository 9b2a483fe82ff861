// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

import dev.paravirt.backend.transport.trap.ExitCount;
import dev.paravirt.cli.compare.carrier.RegisterExits;
import dev.paravirt.cli.compare.workload.StartUp;
import dev.paravirt.cli.compare.workload.Workload;
import dev.paravirt.cli.demo.Json;
import java.util.LinkedHashMap;
import java.util.Map;

/** All there is to know of a comparison, for programs. */
public final class JsonReport {
    private JsonReport() {}

    public static String of(Report report) {
        Surroundings surroundings = report.surroundings();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("time", surroundings.time().toString());
        json.put("system", surroundings.system());
        json.put("processor", surroundings.processor());
        json.put("processors", surroundings.processors());
        json.put("java", surroundings.java());
        json.put("commit", surroundings.commit());
        json.put("load", surroundings.load());
        json.put("carrier", report.carrier());
        json.put("carrierMeaning", report.carrierMeaning());
        json.put("rounds", report.rounds());
        json.put("turnNanos", report.turnNanos());
        json.put(
                "workloads",
                report.workloads().stream().map(JsonReport::workload).toList());
        json.put("gain", report.gain().stream().map(JsonReport::step).toList());
        json.put("exitCosts", report.exitCosts().stream().map(JsonReport::cost).toList());
        json.put("startUps", report.startUps().stream().map(JsonReport::startUp).toList());
        json.put("guestExits", report.exitsOfGuests());
        json.put(
                "registerExits",
                report.exits().stream().map(JsonReport::register).toList());
        return Json.of(json);
    }

    private static Map<String, Object> workload(WorkloadResult measured) {
        Workload workload = measured.workload();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("workload", workload.name());
        json.put("title", workload.title());
        json.put("meaning", workload.meaning());
        json.put("unit", workload.unit());
        json.put("bytes", workload.bytes());
        json.put(
                "contenders",
                measured.results().stream()
                        .map(result -> contender(measured, result))
                        .toList());
        return json;
    }

    private static Map<String, Object> contender(WorkloadResult measured, Result result) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", result.name());
        json.put("machine", result.machine());
        json.put("depth", result.depth());
        json.put("requests", result.requests());
        json.put("exits", result.exits());
        json.put("nanos", result.nanos());
        json.put("medianPerSecond", result.median());
        json.put("slowestPerSecond", result.slowest());
        json.put("fastestPerSecond", result.fastest());
        json.put("megabytesPerSecond", measured.megabytesPerSecond(result));
        json.put("exitsPerRequest", result.exitsPerRequest());
        json.put("processorMicrosPerRequest", result.processorMicrosPerRequest());
        json.put("latencySamples", result.latencySamples());
        json.put("latencySampledEvery", result.sampledEvery());
        json.put("p50Micros", result.latencyMicros(50));
        json.put("p90Micros", result.latencyMicros(90));
        json.put("p99Micros", result.latencyMicros(99));
        json.put("p999Micros", result.latencyMicros(99.9));
        json.put("timesTheFirst", result.median() / measured.first().median());
        json.put("differsFromTheFirst", result.differsFrom(measured.first()));
        json.put("rounds", result.rounds().stream().map(JsonReport::round).toList());
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

    private static Map<String, Object> step(GainStep step) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("change", step.name());
        json.put("from", step.from().name());
        json.put("fromDepth", step.from().depth());
        json.put("to", step.to().name());
        json.put("toDepth", step.to().depth());
        json.put("times", step.times());
        json.put("differs", step.isBelieved());
        return json;
    }

    private static Map<String, Object> cost(ExitCost cost) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("machine", cost.machine());
        json.put("exit", cost.what());
        json.put("medianNanos", cost.nanos());
        json.put("leastNanos", cost.least());
        json.put("mostNanos", cost.most());
        return json;
    }

    private static Map<String, Object> startUp(StartUp startUp) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("machine", startUp.machine());
        json.put("device", startUp.device());
        json.put("exits", startUp.exits());
        json.put("nanos", startUp.nanos());
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
