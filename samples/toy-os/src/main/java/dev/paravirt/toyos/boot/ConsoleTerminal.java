// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.driver.ConsoleDriver;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.toyos.kernel.Console;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.kernel.Scheduler;
import dev.paravirt.toyos.kernel.Terminal;
import dev.paravirt.toyos.kernel.TerminalDevice;

/**
 * The terminal behind a virtio console driver. A console that fails is started over, and lost for good only if that fails
 * too, or keeps happening.
 */
final class ConsoleTerminal implements TerminalDevice, InterruptSource {
    private static final int MOST_RESTARTS = 10;

    private final ConsoleDriver driver;
    private final DeviceCounters counters;
    private final Console log;
    private final Terminal terminal;
    private int restarts;
    private boolean alive = true;
    private long interrupts;

    ConsoleTerminal(ConsoleDriver driver, FoundDevice found, Scheduler scheduler, Console log, boolean plain) {
        this.driver = driver;
        counters = new DeviceCounters(driver.name(), found.exits(driver::notifications), () -> interrupts);
        this.log = log;
        terminal = new Terminal(this, scheduler, plain);
    }

    Terminal terminal() {
        return terminal;
    }

    DeviceStatistics statistics() {
        return counters;
    }

    /** Something to do with the driver that may find the device broken. */
    private interface Attempt {
        int run() throws DeviceException;
    }

    /** @return what the attempt did, or 0 if the device failed */
    private int attempt(Attempt attempt) {
        try {
            return alive ? attempt.run() : 0;
        } catch (DeviceException broken) {
            log.line("kernel: " + broken.getMessage());
            restart();
            return 0;
        }
    }

    private void restart() {
        restarts++;
        try {
            if (restarts <= MOST_RESTARTS) {
                driver.restart();
                return;
            }
        } catch (DeviceException beyondHelp) {
            log.line("kernel: " + beyondHelp.getMessage());
        }
        alive = false;
    }

    private static int toInt(boolean value) {
        return value ? 1 : 0;
    }

    // The kernel's terminal.

    @Override
    public int read(byte[] destination, int start, int length) {
        int count = attempt(() -> driver.read(destination, start, length));
        if (count > 0) {
            counters.input(count);
        }
        return count;
    }

    @Override
    public int write(byte[] source, int start, int length) {
        int count = attempt(() -> driver.write(source, start, length));
        if (count > 0) {
            counters.output(count);
        }
        return count;
    }

    @Override
    public boolean alive() {
        return alive;
    }

    @Override
    public boolean hasRoom() {
        return attempt(() -> toInt(driver.hasRoom())) != 0;
    }

    @Override
    public boolean flushed() {
        return attempt(() -> toInt(driver.isFlushed())) != 0;
    }

    @Override
    public int columns() {
        return driver.columns();
    }

    @Override
    public int rows() {
        return driver.rows();
    }

    // The interrupt controller's source.

    @Override
    public boolean poll() {
        return terminal.receive();
    }

    /** A person takes their time. */
    @Override
    public boolean busy() {
        return false;
    }

    @Override
    public boolean enableInterrupt() {
        int safe = attempt(() -> {
            // What nobody takes now is not to wake the CPU again and again.
            boolean noInput = !terminal.wantsInput() || driver.enableInputInterrupt();
            boolean noRoom = !terminal.wantsRoom() || !driver.hasRoom() && driver.enableOutputInterrupt();
            return toInt(noInput && noRoom);
        });
        return safe != 0 || !alive;
    }

    @Override
    public void interrupted(int reasons) {
        attempt(() -> {
            driver.disableInterrupts();
            driver.interrupted(reasons);
            boolean ours = (reasons & InterruptStatus.USED_BUFFER) != 0 && driver.hasInput();
            interrupts += toInt(ours);
            return 0;
        });
    }
}
