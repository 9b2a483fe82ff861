// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import java.time.Duration;

/** Processor time as the system accounts for it, in hundredths of a second. */
final class ProcessorTime {
    private ProcessorTime() {}

    static Duration of(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    static Duration ofThisProcess() {
        return of(ProcessHandle.current());
    }
}
