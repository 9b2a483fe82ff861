// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.legacy.SerialDriver;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.kernel.Scheduler;
import dev.paravirt.toyos.kernel.Terminal;
import dev.paravirt.toyos.kernel.TerminalDevice;
import java.util.function.LongSupplier;

/** The terminal at the other end of a serial port, which says nothing of its size. */
final class SerialTerminal implements TerminalDevice, InterruptSource {
    private final SerialDriver driver;
    private final DeviceCounters counters;
    private final Terminal terminal;

    /** Whether there may be input: to look costs exits, so that nobody looks unless an interrupt came. */
    private boolean heard = true;

    SerialTerminal(SerialDriver driver, LongSupplier exits, Scheduler scheduler, boolean plain) {
        this.driver = driver;
        counters = new DeviceCounters(driver.name(), exits, driver::interrupts);
        terminal = new Terminal(this, scheduler, plain);
    }

    Terminal terminal() {
        return terminal;
    }

    DeviceStatistics statistics() {
        return counters;
    }

    @Override
    public int read(byte[] destination, int start, int length) {
        if (!heard || length == 0) {
            return 0;
        }
        int count = driver.read(destination, start, length);
        heard = count > 0;
        if (heard) {
            counters.input(count);
        }
        return count;
    }

    @Override
    public int write(byte[] source, int start, int length) {
        int count = driver.write(source, start, length);
        if (count > 0) {
            counters.output(count);
        }
        return count;
    }

    @Override
    public boolean alive() {
        return true;
    }

    @Override
    public boolean hasRoom() {
        return driver.hasRoom();
    }

    @Override
    public boolean flushed() {
        return driver.isFlushed();
    }

    @Override
    public int columns() {
        return 0;
    }

    @Override
    public int rows() {
        return 0;
    }

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
        if (terminal.wantsRoom()) {
            driver.enableRoomInterrupt();
            if (driver.hasRoom()) {
                return false;
            }
        }
        return !(heard && terminal.wantsInput());
    }

    @Override
    public void interrupted(int reasons) {
        if (reasons != 0) {
            driver.serve();
            heard = true;
        }
    }
}
