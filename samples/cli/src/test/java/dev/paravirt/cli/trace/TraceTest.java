// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.paravirt.toyos.boot.MachineKind;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Walks on real machines: what is told adds up. */
class TraceTest {
    private static final Pattern STEP = Pattern.compile(" *([0-9.]+) {3,}([0-9.]+)? +(program|kernel|hypervisor) .*");
    private static final Pattern TOTAL = Pattern.compile(
            "together ([0-9.]+) us: (\\d+) exits? ([0-9.]+), waits for interrupts ([0-9.]+), kernel and program ([0-9.]+)");

    @ParameterizedTest
    @EnumSource
    void theTimesAddUp(MachineKind kind) throws Exception {
        List<String> lines = Trace.of(kind);
        assertThat(lines.getFirst()).startsWith("machine " + kind + ": ");
        assertThat(lines).allMatch(line -> line.length() <= 100);
        Matcher total = lines.stream()
                .map(TOTAL::matcher)
                .filter(Matcher::matches)
                .findFirst()
                .orElseThrow();
        double together = Double.parseDouble(total.group(1));
        double parts = 0;
        for (int part = 3; part <= 5; part++) {
            parts += Double.parseDouble(total.group(part));
        }
        assertThat(parts).isCloseTo(together, within(0.3));
        double last = 0;
        for (String line : lines) {
            Matcher step = STEP.matcher(line);
            if (step.matches()) {
                double at = Double.parseDouble(step.group(1));
                assertThat(at).as(line).isBetween(0.0, together + 0.1);
                last = Math.max(last, at);
            }
        }
        assertThat(last).as("it ends with the system call").isEqualTo(together);
        assertThat(lines).anyMatch(line -> line.contains("the device moves"));
    }

    /** Registers of the task file, then status and data of one block of sectors. */
    @Test
    void aTrappedDiskIsReadRegisterByRegister() throws Exception {
        List<String> lines = Trace.of(MachineKind.TRAPPED);
        for (String access : List.of(
                "OUT ata: Device",
                "OUT ata: Sector Count",
                "OUT ata: LBA Low",
                "OUT ata: LBA Mid",
                "OUT ata: LBA High",
                "OUT ata: Command",
                "IN ata: Status",
                "REP INS ata: Data")) {
            assertThat(lines).filteredOn(line -> line.contains(access + ":")).hasSize(1);
        }
        assertThat(lines)
                .filteredOn(line -> line.contains("waits: an interrupt"))
                .hasSize(1);
        assertThat(lines).anyMatch(line -> line.contains(" us: 8 exits "));
    }
}
