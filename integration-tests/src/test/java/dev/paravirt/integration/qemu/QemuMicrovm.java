// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.qemu;

import dev.paravirt.guest.platform.RegisterGate;
import dev.paravirt.spec.mmio.MmioRegisters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** QEMU with virtio-mmio devices. */
final class QemuMicrovm extends QemuMachine {
    private static final long SLOTS_ADDRESS = 0xfeb00000L;
    private static final int SLOT_BYTES = 512;
    private static final int SLOTS = 8;
    private static final int FIRST_INTERRUPT = 16;

    /** As {@link QemuMachine}. */
    QemuMicrovm(Path folder, String... devices) throws IOException, InterruptedException {
        super(folder, "microvm,pit=off,pic=off,rtc=off,ioapic2=off", nonLegacy(devices));
    }

    private static List<String> nonLegacy(String... devices) {
        List<String> options = new ArrayList<>(List.of("-global", "virtio-mmio.force-legacy=false"));
        options.addAll(Arrays.asList(devices));
        return options;
    }

    @Override
    String where(int deviceType) {
        return "slot " + slot(deviceType) + " of QEMU";
    }

    @Override
    int line(int deviceType) {
        return FIRST_INTERRUPT + slot(deviceType);
    }

    @Override
    RegisterGate registersOf(int deviceType) {
        return registers(slot(deviceType));
    }

    private int slot(int deviceType) {
        for (int slot = 0; slot < SLOTS; slot++) {
            if (registers(slot).read(MmioRegisters.DEVICE_ID, 4) == deviceType) {
                return slot;
            }
        }
        throw new IllegalStateException("QEMU has no device of type " + deviceType);
    }

    private RegisterGate registers(int slot) {
        return registersAt(SLOTS_ADDRESS + (long) slot * SLOT_BYTES);
    }
}
