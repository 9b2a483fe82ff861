// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.qemu;

import dev.paravirt.guest.platform.RegisterGate;
import dev.paravirt.spec.mmio.MmioRegisters;

/** Remembers where the driver put the Available Ring of the queue that it set up last. */
final class SpiedRegisters implements RegisterGate {
    private final RegisterGate registers;
    private long driverArea;

    SpiedRegisters(RegisterGate registers) {
        this.registers = registers;
    }

    /** Guest-physical address, below 4 GiB. */
    long driverArea() {
        return driverArea;
    }

    @Override
    public int read(int offset, int width) {
        return registers.read(offset, width);
    }

    @Override
    public void write(int offset, int width, int value) {
        if (offset == MmioRegisters.QUEUE_DRIVER_LOW) {
            driverArea = Integer.toUnsignedLong(value);
        }
        registers.write(offset, width, value);
    }
}
