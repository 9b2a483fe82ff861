// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import dev.paravirt.cli.compare.carrier.Carrier;
import dev.paravirt.cli.compare.carrier.Instrumentation;
import dev.paravirt.cli.compare.carrier.MachineKind;
import dev.paravirt.cli.compare.carrier.RegisterExits;
import dev.paravirt.cli.compare.report.Report;
import dev.paravirt.cli.compare.report.Result;
import dev.paravirt.cli.compare.report.Surroundings;
import dev.paravirt.cli.compare.report.WorkloadResult;
import dev.paravirt.cli.compare.workload.Contender;
import dev.paravirt.cli.compare.workload.Drivers;
import dev.paravirt.cli.compare.workload.Workload;
import dev.paravirt.cli.compare.workload.Workloads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** The contenders of some workloads, with machines to work with. For one run, by one thread. */
public final class Contest implements AutoCloseable {
    private final Carrier carrier;
    private final Machines machines;
    private final Drivers drivers;
    private final List<Contender> contenders;

    /**
     * Starts the machines.
     *
     * @param workloads at least one
     */
    public Contest(Carrier carrier, List<Workload> workloads) throws IOException {
        this.carrier = carrier;
        machines = Machines.start(carrier, Instrumentation.ON);
        try {
            drivers = new Drivers(machines.guests());
            contenders = Workloads.contenders(workloads, drivers);
        } catch (IOException | RuntimeException failure) {
            machines.close();
            throw failure;
        }
    }

    /** Of all workloads. */
    public int contenders() {
        return contenders.size();
    }

    /**
     * Measures.
     *
     * @param rounds that count; one before them warms up
     * @param turnNanos how long each contender works in a round
     * @param isStopped whether to give up the round that is under way, and those after it
     */
    public Report run(int rounds, long turnNanos, BooleanSupplier isStopped, Progress progress) throws IOException {
        Surroundings surroundings = Surroundings.look();
        List<Result> results = new Rounds(contenders, isStopped, Order.SAME).run(rounds, turnNanos, progress);
        Map<MachineKind, Long> exitsOfGuests = machines.exits();
        List<RegisterExits> exits = machines.finish();
        return new Report(
                surroundings,
                carrier.name(),
                carrier.meaning(),
                turnNanos,
                byWorkload(results),
                drivers.startUps(),
                exitsOfGuests,
                exits);
    }

    private List<WorkloadResult> byWorkload(List<Result> results) {
        List<WorkloadResult> all = new ArrayList<>();
        int from = 0;
        for (int to = 1; to <= contenders.size(); to++) {
            Workload workload = contenders.get(from).workload();
            if (to == contenders.size() || !contenders.get(to).workload().equals(workload)) {
                all.add(new WorkloadResult(workload, results.subList(from, to)));
                from = to;
            }
        }
        return all;
    }

    /** Ends the machines. */
    @Override
    public void close() throws IOException {
        machines.close();
    }
}
