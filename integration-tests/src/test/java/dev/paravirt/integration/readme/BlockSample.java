// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.readme;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.transport.hypercall.LocalGuest;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.List;

/** The sample of the root README.md. */
final class BlockSample {
    private BlockSample() {}

    static long run() throws IOException {
        long answer;
        // [readme
        try (Arena arena = Arena.ofShared()) {
            GuestMemory memory = new GuestMemory(new MemoryRegion(0x10000, arena.allocate(1 << 20, 4096)));

            // The hypervisor: a disk of 64 MiB in memory.
            BlockDevice device = new BlockDevice(new MemoryImage(64 << 20), new BlockOptions());
            try (LocalGuest guest = LocalGuest.start(memory, List.of(device), 1, MachineOptions.DEFAULT)) {

                // The guest: a driver that knows nothing of the hypervisor but its hypercalls.
                JvmPlatform platform = JvmPlatform.of(memory, guest::hypercall, guest::notify, guest::waitForInterrupt);
                HypercallTransport transport =
                        HypercallTransport.open(Hypercalls.attach(platform, platform), platform, 0);
                BlockDriver disk = BlockDriver.start(transport, platform, BlockDriverOptions.DEFAULT);

                DmaBuffer buffer = platform.allocate(4096, 512);
                buffer.putLong(0, 42);
                disk.write(8, buffer);
                disk.flush();
                buffer.fill(0, 4096, (byte) 0);
                disk.read(8, buffer);
                answer = buffer.getLong(0); // 42
            }
        }
        // readme]
        return answer;
    }
}
