// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.legacy.SerialDriver;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.kernel.Scheduler;
import dev.paravirt.toyos.kernel.Terminal;
import dev.paravirt.toyos.kernel.TerminalDevice;
import java.util.function.LongSupplier;

/** The terminal at the other end of a serial port, which says nothing of its size. */
final class SerialTerminal implements TerminalDevice, InterruptSource, DeviceStatistics {
    private final SerialDriver driver;
    private final LongSupplier exits;
    private final Terminal terminal;

    /** Whether there may be input: to look costs exits, so that nobody looks unless an interrupt came. */
    private boolean heard = true;

    private long inputs;
    private long inputBytes;
    private long outputs;
    private long outputBytes;

    SerialTerminal(SerialDriver driver, LongSupplier exits, Scheduler scheduler, boolean plain) {
        this.driver = driver;
        this.exits = exits;
        terminal = new Terminal(this, scheduler, plain);
    }

    Terminal terminal() {
        return terminal;
    }

    @Override
    public int read(byte[] destination, int start, int length) {
        if (!heard || length == 0) {
            return 0;
        }
        int count = driver.read(destination, start, length);
        heard = count > 0;
        inputs += heard ? 1 : 0;
        inputBytes += count;
        return count;
    }

    @Override
    public int write(byte[] source, int start, int length) {
        int count = driver.write(source, start, length);
        outputs += count > 0 ? 1 : 0;
        outputBytes += count;
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

    @Override
    public String name() {
        return driver.name();
    }

    @Override
    public long inputs() {
        return inputs;
    }

    @Override
    public long inputBytes() {
        return inputBytes;
    }

    @Override
    public long outputs() {
        return outputs;
    }

    @Override
    public long outputBytes() {
        return outputBytes;
    }

    @Override
    public long exits() {
        return exits.getAsLong();
    }

    @Override
    public long interrupts() {
        return driver.interrupts();
    }
}
