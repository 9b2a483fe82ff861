// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import dev.paravirt.cli.compare.carrier.Guest;
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

    /** How many requests of each contender's next turn there are for one that is timed. */
    private final int[] sampleEvery;

    /** @param isStopped whether to give up the round that is under way, and those after it */
    Rounds(List<Contender> contenders, BooleanSupplier isStopped, Order order) {
        this.contenders = contenders;
        this.isStopped = isStopped;
        this.order = order;
        this.sampleEvery = new int[contenders.size()];
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
        for (int round = 0; round <= count; round++) {
            int[] every = sampleEvery.clone();
            Round[] done = new Round[contenders.size()];
            for (int place = 0; place < done.length && !isStopped.getAsBoolean(); place++) {
                int i = order.at(place, round);
                latencies.get(i).reset();
                done[i] = measure(i, turnNanos);
                progress.turn(round, place + 1);
            }
            if (isStopped.getAsBoolean()) {
                return results;
            }
            for (int i = 0; i < done.length && round > 0; i++) {
                results.get(i).add(done[i], latencies.get(i), every[i]);
            }
        }
        return results;
    }

    private static boolean isTimed(Contender contender) {
        return contender.workload().hasLatency() && contender.guest().instrumentation() == Instrumentation.ON;
    }

    /** An odd number, so that every place in a batch has its turn. */
    private static int sampleEvery(long nanosBetweenRequests) {
        int every = 1;
        while (every * nanosBetweenRequests < Latencies.NANOS_BETWEEN_SAMPLES && every < RAREST_SAMPLE) {
            every = 2 * every + 1;
        }
        return every;
    }

    private Round measure(int contender, long turnNanos) throws IOException {
        Guest guest = contenders.get(contender).guest();
        long exits = guest.exits();
        long processor = guest.processorTime().toNanos();
        long start = System.nanoTime();
        Turn turn = new Turn(turnNanos, isStopped, latencies.get(contender), sampleEvery[contender]);
        contenders.get(contender).work().run(turn);
        long nanos = System.nanoTime() - start;
        if (isTimed(contenders.get(contender))) {
            sampleEvery[contender] = sampleEvery(turn.nanosBetweenRequests());
        }
        return new Round(
                turn.requests(),
                guest.exits() - exits,
                nanos,
                guest.processorTime().toNanos() - processor);
    }
}
