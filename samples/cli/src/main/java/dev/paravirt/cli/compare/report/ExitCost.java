// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

import dev.paravirt.cli.compare.carrier.MachineKind;

/**
 * What one exit costs that does nothing else.
 *
 * @param what kind of exit it is
 * @param nanos each took, in the round in the middle
 * @param least in the fastest round
 * @param most in the slowest
 */
public record ExitCost(MachineKind machine, String what, double nanos, double least, double most) {
    private static final double NANOS_PER_SECOND = 1e9;

    static ExitCost of(Result result) {
        return new ExitCost(
                result.machine(),
                result.name(),
                NANOS_PER_SECOND / result.median(),
                NANOS_PER_SECOND / result.fastest(),
                NANOS_PER_SECOND / result.slowest());
    }
}
