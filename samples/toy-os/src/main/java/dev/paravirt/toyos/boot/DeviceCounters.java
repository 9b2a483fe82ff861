// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.toyos.kernel.DeviceStatistics;
import java.util.function.LongSupplier;

/** What went through a driver, counted by whoever ties it to the kernel, and what the driver counts itself. */
final class DeviceCounters implements DeviceStatistics {
    private final String name;
    private final LongSupplier exits;
    private final LongSupplier interrupts;
    private long inputs;
    private long inputBytes;
    private long outputs;
    private long outputBytes;

    DeviceCounters(String name, LongSupplier exits, LongSupplier interrupts) {
        this.name = name;
        this.exits = exits;
        this.interrupts = interrupts;
    }

    /** So many bytes came at once. */
    void input(long bytes) {
        inputs++;
        inputBytes += bytes;
    }

    /** So many bytes went at once. */
    void output(long bytes) {
        outputs++;
        outputBytes += bytes;
    }

    @Override
    public String name() {
        return name;
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
        return interrupts.getAsLong();
    }
}
