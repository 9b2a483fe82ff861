// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import dev.paravirt.cli.compare.carrier.Instrumentation;
import dev.paravirt.cli.compare.report.Latencies;
import dev.paravirt.cli.compare.report.Result;
import dev.paravirt.cli.compare.report.Round;
import dev.paravirt.cli.compare.workload.Contender;
import dev.paravirt.cli.compare.workload.Turn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;

/**
 * Has all contenders do their work by turns, round after round, so that whatever else happens on the machine happens to
 * all of them.
 */
final class Rounds {
    private static final int RAREST_SAMPLE = 1023;

    private final List<Contender> contenders;
    private final BooleanSupplier isStopped;
    private final Order order;
    private final List<Result> results = new ArrayList<>();

    /** Of the turns of one round. */
    private final List<Histogram> latencies = new ArrayList<>();

    /** @param isStopped whether to give up the round that is under way, and those after it */
    Rounds(List<Contender> contenders, BooleanSupplier isStopped, Order order) {
        this.contenders = contenders;
        this.isStopped = isStopped;
        this.order = order;
        for (Contender contender : contenders) {
            results.add(new Result(contender.name(), contender.guest().kind(), contender.depth()));
            latencies.add(Latencies.histogram());
        }
    }

    /**
     * Measures.
     *
     * @param count rounds that count; one before them warms up
     * @param turnNanos how long each contender works in a round
     * @return what was measured in whole rounds, contenders in order
     */
    List<Result> run(int count, long turnNanos, Progress progress) throws IOException {
        int[] sampleEvery = new int[contenders.size()];
        for (int round = 0; round <= count; round++) {
            Round[] done = new Round[contenders.size()];
            for (int place = 0; place < done.length && !isStopped.getAsBoolean(); place++) {
                int i = order.at(place, round);
                latencies.get(i).reset();
                done[i] = measure(contenders.get(i), turnNanos, latencies.get(i), sampleEvery[i]);
                progress.turn(round, place + 1);
            }
            if (isStopped.getAsBoolean()) {
                return results;
            }
            for (int i = 0; i < done.length; i++) {
                if (round > 0) {
                    results.get(i).add(done[i], latencies.get(i));
                } else if (isTimed(contenders.get(i))) {
                    sampleEvery[i] = sampleEvery(done[i]);
                    results.get(i).sampledEvery(sampleEvery[i]);
                }
            }
        }
        return results;
    }

    private static boolean isTimed(Contender contender) {
        return contender.workload().hasLatency() && contender.guest().instrumentation() == Instrumentation.ON;
    }

    /**
     * How many requests there are for one that is timed, all rounds long: if slow rounds were timed more densely than fast
     * ones, latencies would look worse than they are. An odd number, so that every place in a batch has its turn.
     */
    private static int sampleEvery(Round warmUp) {
        long each = warmUp.nanos() / Math.max(1, warmUp.requests());
        int every = 1;
        while (every * each < Latencies.NANOS_BETWEEN_SAMPLES && every < RAREST_SAMPLE) {
            every = 2 * every + 1;
        }
        return every;
    }

    private Round measure(Contender contender, long turnNanos, Histogram latency, int sampleEvery) throws IOException {
        long exits = contender.guest().exits();
        long processor = contender.guest().processorTime().toNanos();
        long start = System.nanoTime();
        Turn turn = new Turn(turnNanos, isStopped, latency, sampleEvery);
        contender.work().run(turn);
        long nanos = System.nanoTime() - start;
        return new Round(
                turn.requests(),
                contender.guest().exits() - exits,
                nanos,
                contender.guest().processorTime().toNanos() - processor);
    }
}
