// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.HdrHistogram.Histogram;

/**
 * Has all contenders do the same work by turns, round after round, so that whatever else happens on the machine happens to
 * all of them.
 */
final class Rounds {
    private final List<Contender> contenders;
    private final BooleanSupplier isStopped;
    private final List<Histogram> latencies = new ArrayList<>();
    private final List<Result> results = new ArrayList<>();

    /** @param isStopped whether to give up the round that is under way, and those after it */
    Rounds(List<Contender> contenders, BooleanSupplier isStopped) {
        this.contenders = contenders;
        this.isStopped = isStopped;
        for (Contender contender : contenders) {
            results.add(new Result(contender.name(), contender.depth()));
            latencies.add(Turn.histogram());
        }
    }

    /**
     * Measures.
     *
     * @param count rounds that count; one before them warms up
     * @param turnNanos how long each contender works in a round
     * @param progress hears after each round how many are done
     * @return what was measured in whole rounds, contenders in order
     */
    List<Result> run(int count, long turnNanos, IntConsumer progress) throws IOException {
        for (int round = -1; round < count; round++) {
            List<Round> done = new ArrayList<>();
            for (int i = 0; i < contenders.size() && !isStopped.getAsBoolean(); i++) {
                latencies.get(i).reset();
                done.add(measure(contenders.get(i), turnNanos, latencies.get(i)));
            }
            if (isStopped.getAsBoolean()) {
                return results;
            }
            for (int i = 0; round >= 0 && i < contenders.size(); i++) {
                results.get(i).add(done.get(i), latencies.get(i));
            }
            progress.accept(round + 1);
        }
        return results;
    }

    private Round measure(Contender contender, long turnNanos, Histogram latency) throws IOException {
        long exits = contender.exits();
        long processor = contender.processorTime().toNanos();
        long start = System.nanoTime();
        Turn turn = new Turn(turnNanos, isStopped, latency);
        contender.run(turn);
        long nanos = System.nanoTime() - start;
        return new Round(
                turn.requests(),
                contender.exits() - exits,
                nanos,
                contender.processorTime().toNanos() - processor);
    }
}
