// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.cli.compare.carrier.Guest;
import dev.paravirt.cli.compare.carrier.Instrumentation;
import dev.paravirt.cli.compare.carrier.MachineKind;
import dev.paravirt.cli.compare.carrier.RegisterExits;
import dev.paravirt.cli.compare.report.Result;
import dev.paravirt.cli.compare.workload.Contender;
import dev.paravirt.cli.compare.workload.Family;
import dev.paravirt.cli.compare.workload.Turn;
import dev.paravirt.cli.compare.workload.Work;
import dev.paravirt.cli.compare.workload.Workload;
import dev.paravirt.guest.jvm.JvmPlatform;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class RoundsTest {
    private static final int MANY = 100_000;
    private static final Workload WORKLOAD = new Workload("work", Family.BLOCK, "work", "Work.", "request", 1, true);

    private final List<String> turns = new ArrayList<>();
    private final AtomicBoolean isStopped = new AtomicBoolean();

    @Test
    void contendersTakeTurnsAndTheFirstRoundDoesNotCount() throws IOException {
        List<String> progress = new ArrayList<>();
        List<Result> results =
                rounds(fixed("a", 7), fixed("b", 2)).run(3, 1, (round, turns) -> progress.add(round + ":" + turns));
        assertThat(turns).containsExactly("a", "b", "a", "b", "a", "b", "a", "b");
        assertThat(progress).containsExactly("0:1", "0:2", "1:1", "1:2", "2:1", "2:2", "3:1", "3:2");
        assertThat(results).extracting(Result::name).containsExactly("a", "b");
        assertThat(results).extracting(Result::requests).containsExactly(21L, 6L);
        assertThat(results).extracting(Result::exits).containsExactly(63L, 18L);
        assertThat(results).extracting(Result::exitsPerRequest).containsExactly(3.0, 3.0);
        assertThat(results.getFirst().processorMicrosPerRequest()).isEqualTo(5.0);
    }

    @Test
    void aRoundThatIsStoppedDoesNotCount() throws IOException {
        List<Result> results = rounds(fixed("a", 7), fixed("b", 2)).run(3, 1, (round, turns) -> {
            if (round == 2 && turns == 2) {
                isStopped.set(true);
            }
        });
        assertThat(turns).hasSize(6);
        assertThat(results).extracting(Result::requests).containsExactly(7L, 2L);
    }

    @Test
    void ofFastRequestsSomeAreTimed() throws IOException {
        Contender fast = contender("fast", Instrumentation.ON, RoundsTest::hurry);
        Result result = rounds(fast).run(3, 1, (round, turn) -> {}).getFirst();
        assertThat(result.requests()).isEqualTo(3L * MANY);
        assertThat(result.sampledEvery()).isGreaterThan(1).isOdd();
        assertThat(result.latencySamples()).isBetween(3L * (MANY / result.sampledEvery()), 3L * MANY / 2);
    }

    @Test
    void pairsSwapPlacesAndBareOnesAreNotTimed() throws IOException {
        Contender measured = contender("measured", Instrumentation.ON, turn -> {
            turns.add("measured");
            hurry(turn);
        });
        Contender bare = contender("bare", Instrumentation.OFF, turn -> {
            turns.add("bare");
            hurry(turn);
        });
        List<Result> results =
                new Rounds(List.of(measured, bare), isStopped::get, Order.PAIRS_SWAP).run(3, 1, (round, turn) -> {});
        assertThat(turns)
                .containsExactly("measured", "bare", "bare", "measured", "measured", "bare", "bare", "measured");
        assertThat(results).extracting(Result::name).containsExactly("measured", "bare");
        assertThat(results.getFirst().latencySamples()).isPositive();
        assertThat(results.getLast().latencySamples()).isZero();
    }

    private static void hurry(Turn turn) {
        for (int i = 0; i < MANY; i++) {
            turn.completed(turn.begin());
        }
    }

    private Rounds rounds(Contender... contenders) {
        return new Rounds(List.of(contenders), isStopped::get, Order.SAME);
    }

    /** Does so many requests of 5 us of processor time and three exits in each turn. */
    private Contender fixed(String name, int requests) {
        FixedGuest guest = new FixedGuest(Instrumentation.ON);
        return new Contender(WORKLOAD, name, 1, guest, turn -> {
            turns.add(name);
            guest.done += requests;
            turn.completed(requests);
        });
    }

    private static Contender contender(String name, Instrumentation instrumentation, Work work) {
        return new Contender(WORKLOAD, name, 1, new FixedGuest(instrumentation), work);
    }

    private static final class FixedGuest implements Guest {
        private final Instrumentation instrumentation;
        private long done;

        FixedGuest(Instrumentation instrumentation) {
            this.instrumentation = instrumentation;
        }

        @Override
        public MachineKind kind() {
            return MachineKind.TRAPPED;
        }

        @Override
        public Instrumentation instrumentation() {
            return instrumentation;
        }

        @Override
        public JvmPlatform platform() {
            throw new UnsupportedOperationException();
        }

        @Override
        public long exits() {
            return 3 * done;
        }

        @Override
        public Duration processorTime() {
            return Duration.ofNanos(5000 * done);
        }

        @Override
        public List<RegisterExits> finish() {
            return List.of();
        }

        @Override
        public void close() {}
    }
}
