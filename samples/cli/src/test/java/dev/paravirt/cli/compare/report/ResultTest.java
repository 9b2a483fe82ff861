// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.paravirt.cli.compare.carrier.MachineKind;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ResultTest {
    @Test
    void whatTheSpreadCoversIsNoDifference() {
        Result first = result(100, 110, 120);
        assertThat(WorkloadResult.verdict(result(119, 300, 310), first)).isEqualTo("the same");
        assertThat(WorkloadResult.verdict(result(50, 60, 101), first)).isEqualTo("the same");
        assertThat(WorkloadResult.verdict(result(121, 220, 310), first)).isEqualTo("2.0 x");
        assertThat(WorkloadResult.verdict(result(11, 22, 99), first)).isEqualTo("0.2 x");
        assertThat(WorkloadResult.verdict(result(220, 220), first))
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

    @Test
    void oneThatIsTimedStandsForAll() {
        Histogram few = Latencies.histogram();
        few.recordValue(1000);
        Histogram many = Latencies.histogram();
        many.recordValueWithCount(9000, 5);
        Result result = result();
        result.add(new Round(15, 0, 1, 0), few, 15);
        result.add(new Round(5, 0, 1, 0), many, 1);
        assertThat(result.latencySamples()).isEqualTo(6);
        assertThat(result.sampledEvery()).isEqualTo(15);
        assertThat(result.latencyMicros(74)).isCloseTo(1.0, within(0.01));
        assertThat(result.latencyMicros(76)).isCloseTo(9.0, within(0.01));
    }

    /** @param rates requests a second, a round each */
    private static Result result(long... rates) {
        Result result = new Result("contender", MachineKind.TRAPPED, 1);
        for (long rate : rates) {
            result.add(new Round(rate, rate, 1_000_000_000, 0), new Histogram(3), 0);
        }
        return result;
    }
}
