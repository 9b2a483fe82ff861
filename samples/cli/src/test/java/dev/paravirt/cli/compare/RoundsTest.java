// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class RoundsTest {
    private final List<String> turns = new ArrayList<>();
    private final AtomicBoolean isStopped = new AtomicBoolean();

    @Test
    void contendersTakeTurnsAndTheFirstRoundDoesNotCount() throws IOException {
        List<Integer> progress = new ArrayList<>();
        List<Result> results = rounds(new Fixed("a", 7), new Fixed("b", 2)).run(3, 1, progress::add);
        assertThat(turns).containsExactly("a", "b", "a", "b", "a", "b", "a", "b");
        assertThat(progress).containsExactly(0, 1, 2, 3);
        assertThat(results).extracting(Result::name).containsExactly("a", "b");
        assertThat(results).extracting(Result::requests).containsExactly(21L, 6L);
        assertThat(results).extracting(Result::exits).containsExactly(63L, 18L);
        assertThat(results).extracting(Result::exitsPerRequest).containsExactly(3.0, 3.0);
        assertThat(results.getFirst().processorMicrosPerRequest()).isEqualTo(5.0);
        assertThat(results.getFirst().latencyMicros(50)).isEqualTo(1.0);
    }

    @Test
    void aRoundThatIsStoppedDoesNotCount() throws IOException {
        List<Result> results = rounds(new Fixed("a", 7), new Fixed("b", 2)).run(3, 1, done -> {
            if (done == 2) {
                isStopped.set(true);
            }
        });
        assertThat(turns).hasSize(6);
        assertThat(results).extracting(Result::requests).containsExactly(14L, 4L);
    }

    @Test
    void whatTheSpreadCoversIsNoDifference() {
        Result first = result(100, 110, 120);
        assertThat(ResultTable.verdict(result(119, 300, 310), first)).isEqualTo("the same");
        assertThat(ResultTable.verdict(result(50, 60, 101), first)).isEqualTo("the same");
        assertThat(ResultTable.verdict(result(121, 220, 310), first)).isEqualTo("2.0 x");
        assertThat(ResultTable.verdict(result(11, 22, 99), first)).isEqualTo("0.2 x");
        assertThat(ResultTable.verdict(result(220, 220), first))
                .as("two rounds tell nothing")
                .isEqualTo("the same");
    }

    @Test
    void theMedianIsOfTheRounds() {
        assertThat(result(300, 100, 110).median()).isEqualTo(110);
        assertThat(result(300, 100, 110, 120).median()).isEqualTo(115);
        assertThat(result(300, 100, 200).spread()).isEqualTo(1);
        assertThat(result().median()).isNaN();
    }

    private Rounds rounds(Contender... contenders) {
        return new Rounds(List.of(contenders), isStopped::get);
    }

    /** @param rates requests a second, a round each */
    private static Result result(long... rates) {
        Result result = new Result("contender", 1);
        for (long rate : rates) {
            result.add(new Round(rate, rate, 1_000_000_000, 0), new Histogram(3));
        }
        return result;
    }

    /** Does the same in each turn: requests of 1 us that take three exits and 5 us of processor time. */
    private final class Fixed implements Contender {
        private final String name;
        private final int requests;
        private long done;

        Fixed(String name, int requests) {
            this.name = name;
            this.requests = requests;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public int depth() {
            return 1;
        }

        @Override
        public void run(Turn turn) {
            turns.add(name);
            done += requests;
            for (int i = 0; i < requests; i++) {
                turn.completed(1000);
            }
        }

        @Override
        public long exits() {
            return 3 * done;
        }

        @Override
        public Duration processorTime() {
            return Duration.ofNanos(5000 * done);
        }
    }
}
