// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import dev.paravirt.cli.compare.carrier.Carrier;
import dev.paravirt.cli.compare.carrier.Instrumentation;
import dev.paravirt.cli.compare.report.InstrumentationCost;
import dev.paravirt.cli.compare.report.Result;
import dev.paravirt.cli.compare.workload.Contender;
import dev.paravirt.cli.compare.workload.Drivers;
import dev.paravirt.cli.compare.workload.Workload;
import dev.paravirt.cli.compare.workload.Workloads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Each contender against itself without instrumentation, which works with machines of its own. For one run, by one
 * thread.
 */
public final class CostContest implements AutoCloseable {
    private final List<Machines> machines = new ArrayList<>();

    /** Each with instrumentation, and behind it the same without. */
    private final List<Contender> contenders = new ArrayList<>();

    /** Starts the machines. */
    public CostContest(Carrier carrier, List<Workload> workloads) throws IOException {
        try {
            List<Contender> with = contenders(carrier, workloads, Instrumentation.ON);
            List<Contender> without = contenders(carrier, workloads, Instrumentation.OFF);
            for (int i = 0; i < with.size(); i++) {
                contenders.add(with.get(i));
                contenders.add(without.get(i));
            }
        } catch (IOException | RuntimeException failure) {
            close();
            throw failure;
        }
    }

    private List<Contender> contenders(Carrier carrier, List<Workload> workloads, Instrumentation instrumentation)
            throws IOException {
        Machines started = Machines.start(carrier, instrumentation);
        machines.add(started);
        return Workloads.contenders(workloads, new Drivers(started.guests()));
    }

    /** Of all workloads, with and without instrumentation. */
    public int contenders() {
        return contenders.size();
    }

    /** Measures, as {@link Contest#run} does. */
    public List<InstrumentationCost> run(int rounds, long turnNanos, BooleanSupplier isStopped, Progress progress)
            throws IOException {
        List<Result> results = new Rounds(contenders, isStopped, Order.PAIRS_SWAP).run(rounds, turnNanos, progress);
        List<InstrumentationCost> costs = new ArrayList<>();
        for (int i = 0; i < results.size(); i += 2) {
            costs.add(new InstrumentationCost(contenders.get(i).workload(), results.get(i), results.get(i + 1)));
        }
        return costs;
    }

    /** Ends the machines. */
    @Override
    public void close() throws IOException {
        for (Machines started : machines) {
            started.close();
        }
    }
}
