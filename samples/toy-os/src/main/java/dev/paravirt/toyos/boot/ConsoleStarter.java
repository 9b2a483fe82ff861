// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.driver.ConsoleDriver;
import dev.paravirt.guest.driver.ConsoleDriverOptions;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.toyos.kernel.Console;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.kernel.Scheduler;
import dev.paravirt.toyos.kernel.Terminal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the first console the terminal. A system whose console fails is better than none. */
final class ConsoleStarter implements DeviceStarter {
    private final InterruptController interrupts;
    private final Scheduler scheduler;
    private final Console log;
    private boolean plain;
    private @Nullable ConsoleTerminal terminal;

    ConsoleStarter(InterruptController interrupts, Scheduler scheduler, Console log) {
        this.interrupts = interrupts;
        this.scheduler = scheduler;
        this.log = log;
    }

    /** Whether no person is at the terminal. */
    void plain(boolean value) {
        plain = value;
    }

    @Override
    public int deviceType() {
        return DeviceType.CONSOLE;
    }

    @Override
    public void start(FoundDevice found) {
        if (terminal != null) {
            log.line("kernel: " + found.transport().name() + " is not used: one is the terminal already");
            return;
        }
        ConsoleDriverOptions options = ConsoleDriverOptions.DEFAULT.withLine(InterruptController.LINE);
        try {
            ConsoleDriver driver = ConsoleDriver.start(found.transport(), interrupts, options);
            ConsoleTerminal started = new ConsoleTerminal(driver, found, scheduler, log, plain);
            interrupts.add(started);
            terminal = started;
            log.line("kernel: " + driver.name() + " is the terminal, "
                    + (plain ? "plain" : driver.columns() + " columns, " + driver.rows() + " rows"));
        } catch (DeviceException broken) {
            log.line("kernel: no terminal: " + broken.getMessage());
        }
    }

    /** Null if there is none. */
    @Nullable
    Terminal terminal() {
        ConsoleTerminal started = terminal;
        return started == null ? null : started.terminal();
    }

    List<DeviceStatistics> statistics() {
        ConsoleTerminal started = terminal;
        return started == null ? List.of() : List.of(started.statistics());
    }
}
