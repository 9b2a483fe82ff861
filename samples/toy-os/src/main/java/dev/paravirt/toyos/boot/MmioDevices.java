// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.platform.RegisterGate;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.spec.mmio.MmioRegisters;
import dev.paravirt.spec.mmio.MmioWindows;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/**
 * The devices in the windows of virtio-mmio.
 *
 * @param registers those at an address
 */
record MmioDevices(LongFunction<RegisterGate> registers, Platform platform) implements VirtioHardware.Discovery {
    @Override
    public List<FoundDevice> find() throws DeviceException {
        List<FoundDevice> found = new ArrayList<>();
        for (int window = 0; window < MmioWindows.COUNT; window++) {
            CountedRegisters device =
                    new CountedRegisters(registers.apply(MmioWindows.BASE + (long) window * MmioWindows.SIZE));
            if (device.read(MmioRegisters.MAGIC_VALUE, Integer.BYTES) == MmioRegisters.MAGIC
                    && device.read(MmioRegisters.DEVICE_ID, Integer.BYTES) != 0) {
                MmioTransport transport = MmioTransport.open(device, platform, "mmio device " + window);
                found.add(new FoundDevice(transport, device::accesses));
            }
        }
        return found;
    }

    /** Of one device, with a count of accesses. */
    private static final class CountedRegisters implements RegisterGate {
        private final RegisterGate registers;
        private long accesses;

        CountedRegisters(RegisterGate registers) {
            this.registers = registers;
        }

        long accesses() {
            return accesses;
        }

        @Override
        public int read(int offset, int width) {
            accesses++;
            return registers.read(offset, width);
        }

        @Override
        public void write(int offset, int width, int value) {
            accesses++;
            registers.write(offset, width, value);
        }
    }
}
