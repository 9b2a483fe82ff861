// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SurroundingsTest {
    @ParameterizedTest
    @CsvSource({"0.00, false", "0.99, false", "1.00, true", "7.43, true", "unknown, false"})
    void aMachineIsBusyIfOthersWantHalfOfIt(String load, boolean busy) {
        assertThat(new Surroundings(Instant.EPOCH, "Linux", "x", 2, "Java", "commit", load).isBusy())
                .isEqualTo(busy);
    }
}
