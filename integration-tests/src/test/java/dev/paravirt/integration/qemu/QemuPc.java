// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.qemu;

import dev.paravirt.guest.platform.RegisterGate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** QEMU with virtio-pci devices. No firmware has set them up: we do it, as far as a driver needs it. */
final class QemuPc extends QemuMachine {
    /** This chip set wires interrupt pin A of PCI device n to line 20 + n mod 4 unless told otherwise. */
    private static final int FIRST_INTERRUPT = 20;

    private static final int INTERRUPTS = 4;

    /** As {@link QemuMachine}. */
    QemuPc(Path folder, String... devices) throws IOException, InterruptedException {
        super(folder, "q35", List.of(devices));
    }

    @Override
    String where(int deviceType) {
        return "PCI device " + device(deviceType) + " of QEMU";
    }

    @Override
    int line(int deviceType) {
        return FIRST_INTERRUPT + device(deviceType) % INTERRUPTS;
    }

    private int device(int deviceType) {
        return PciRegisters.find(qtest(), deviceType).device();
    }

    @Override
    RegisterGate registersOf(int deviceType) {
        return new PciRegisters(this, PciRegisters.find(qtest(), deviceType), deviceType);
    }
}
