// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.net.LearningSwitch;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.hypercall.HypercallMachine;
import dev.paravirt.backend.transport.hypercall.LocalGuest;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.backend.transport.mmio.InterruptPin;
import dev.paravirt.backend.transport.mmio.MmioDevice;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.mmio.MmioRegisters;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The samples of README.md, as they stand there. */
@Timeout(60)
class ReadmeTest {
    private static final Pattern SAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @Test
    void samplesAreCompiledHere() throws IOException {
        String source = squeeze(Files.readString(Path.of("src/test/java/dev/paravirt/backend/ReadmeTest.java")));
        Matcher samples = SAMPLE.matcher(Files.readString(Path.of("README.md")));
        int count = 0;
        while (samples.find()) {
            count++;
            assertThat(source).contains(squeeze(samples.group(1)));
        }
        assertThat(count).isEqualTo(5);
    }

    private static String squeeze(String code) {
        return code.replaceAll("\\s+", "");
    }

    @Test
    void servesGuestProcesses(@TempDir Path directory) throws IOException {
        Path socket = directory.resolve("socket");
        Path image = Files.write(directory.resolve("image"), new byte[4096]);
        GuestShape shape = GuestShape.of(64 << 20, 1, 1);
        GuestServer server = GuestServer.listen(socket, shape, guest -> {
            BlockDevice disk = new BlockDevice(BlockImage.open(image, false), new BlockOptions());
            return HypercallMachine.serving(guest, List.of(disk), MachineOptions.DEFAULT);
        });
        assertThat(socket).exists();
        server.close();
    }

    @Test
    void servesVirtualMachinesOfOthers(@TempDir Path directory) throws IOException {
        Path socket = directory.resolve("socket");
        BlockDevice disk = new BlockDevice(new MemoryImage(4096), new BlockOptions());
        VhostUserServer server = VhostUserServer.listen(socket, disk, new VhostUserOptions());
        assertThat(socket).exists();
        server.close();
    }

    @Test
    void connectsGuests() {
        LearningSwitch network = new LearningSwitch();
        NetDevice first = new NetDevice(network.addPort(), new NetOptions("02:00:00:00:00:01"));
        NetDevice second = new NetDevice(network.addPort(), new NetOptions("02:00:00:00:00:02").queuePairs(4));
        assertThat(first.mac()).isEqualTo("02:00:00:00:00:01");
        assertThat(second.queueCount()).isEqualTo(9);
    }

    @Test
    void servesAGuestInThisProcess() {
        try (Arena arena = Arena.ofShared()) {
            BlockDevice disk = new BlockDevice(new MemoryImage(4096), new BlockOptions());
            GuestMemory memory = new GuestMemory(new MemoryRegion(0, arena.allocate(64 << 20, 4096)));
            LocalGuest guest = LocalGuest.start(memory, List.of(disk), 1, MachineOptions.DEFAULT);
            assertThat(guest.hypercall(Hypercall.DEVICE_COUNT, 0, 0, 0, 0)).isEqualTo(1);
            guest.close();
        }
    }

    @Test
    void servesRegisters() {
        InterruptPin pin = () -> {};
        try (Arena arena = Arena.ofShared()) {
            BlockDevice disk = new BlockDevice(new MemoryImage(4096), new BlockOptions());
            GuestMemory memory = new GuestMemory(new MemoryRegion(0, arena.allocate(1 << 20, 4096)));
            QueueWorker worker = QueueWorker.start("disk");
            MmioDevice device =
                    MmioDevice.start(disk, memory, Features.MMIO, List.of(worker), pin, Duration.ofMillis(100));
            assertThat(device.read(MmioRegisters.DEVICE_ID, 4)).isEqualTo(DeviceType.BLOCK);
            device.close();
            worker.close();
        }
    }
}
