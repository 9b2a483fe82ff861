// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.device.QueueCounters;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.hypercall.HypercallMachine;
import dev.paravirt.backend.transport.hypercall.LocalGuest;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.driver.BlockIoException;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.integration.carrier.ChildProcess;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.VirtqueueFormat;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Our driver and our device, over every carrier and every ring. */
@Timeout(300)
class BlockEndToEndTest {
    private static final int MEMORY = 8 << 20;
    private static final int DEPTH = 48;
    private static final int REQUESTS = 10_000;
    private static final long DISK = BlockTraffic.sectors(2 * DEPTH) * 512;

    private final Arena arena = Arena.ofAuto();

    @TempDir
    private Path directory;

    static IntStream combinations() {
        return IntStream.range(0, RingFeatures.COMBINATIONS);
    }

    private GuestMemory memory() {
        // Two regions with a gap, so that guest-physical addresses are not offsets.
        return new GuestMemory(
                new MemoryRegion(0x4000_0000L, arena.allocate(MEMORY, 4096)),
                new MemoryRegion(0x1_0000_0000L, arena.allocate(MEMORY, 4096)));
    }

    private static BlockDevice device(BlockOptions options) {
        return new BlockDevice(new MemoryImage(DISK), options.serial("end to end"));
    }

    private static BlockDriverOptions options(int combination) {
        return BlockDriverOptions.DEFAULT.withFeatures(RingFeatures.of(combination));
    }

    private static LocalGuest local(GuestMemory memory, BlockDevice device, int lines) {
        return LocalGuest.start(memory, List.of(device), lines, MachineOptions.DEFAULT);
    }

    private static JvmPlatform platform(GuestMemory memory, LocalGuest guest) {
        return JvmPlatform.of(memory, guest::hypercall, guest::notify, guest::waitForInterrupt);
    }

    private static BlockDriver start(JvmPlatform platform, BlockDriverOptions options) throws IOException {
        Hypercalls hypercalls = Hypercalls.attach(platform, platform);
        return BlockDriver.start(HypercallTransport.open(hypercalls, platform, 0), platform, options);
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void sameProcess(int combination) throws IOException {
        GuestMemory memory = memory();
        try (LocalGuest guest = local(memory, device(new BlockOptions()), 1)) {
            JvmPlatform platform = platform(memory, guest);
            BlockDriver driver = start(platform, options(combination));
            assertThat(driver.features().and(VirtqueueFormat.FEATURES))
                    .isEqualTo(RingFeatures.of(combination).and(VirtqueueFormat.FEATURES));
            new BlockTraffic(driver, platform, 0, DEPTH, 0, combination).run(REQUESTS);
            assertThat(driver.resets()).isZero();
            QueueCounters counters = guest.session(0).counters(0);
            assertThat(counters.requests()).isEqualTo(driver.completions(0));
            assertThat(driver.deviceId()).isEqualTo("end to end");
            driver.stop();
        }
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void registers(int combination) throws IOException {
        GuestMemory memory = memory();
        try (MmioMachine machine = new MmioMachine(device(new BlockOptions()), memory)) {
            BlockDriver driver = BlockDriver.start(
                    MmioTransport.open(machine, machine.platform(), "slot 0"),
                    machine.platform(),
                    options(combination));
            new BlockTraffic(driver, machine.platform(), 0, DEPTH, 0, combination).run(REQUESTS);
            assertThat(driver.resets()).isZero();
            driver.stop();
        }
    }

    @Test
    void twoProcesses() throws Exception {
        Path socket = directory.resolve("socket");
        GuestShape shape = GuestShape.of(MEMORY, 1, 1);
        try (GuestServer server = GuestServer.listen(
                        socket,
                        shape,
                        guest -> HypercallMachine.serving(
                                guest, List.of(device(new BlockOptions())), MachineOptions.DEFAULT));
                ChildProcess child = ChildProcess.start(GuestMain.class, socket.toString())) {
            for (int combination = 0; combination < RingFeatures.COMBINATIONS; combination++) {
                assertThat(child.line()).isEqualTo("combination " + combination + " done, 0 resets");
            }
            assertThat(child.line()).isNull();
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }

    @Test
    void severalQueuesEachWithAThreadAndALine() throws Exception {
        GuestMemory memory = memory();
        BlockDevice device = device(new BlockOptions().queues(2));
        try (LocalGuest guest =
                LocalGuest.start(memory, List.of(device), 2, MachineOptions.DEFAULT.withWorkersPerDevice(2))) {
            JvmPlatform platform = platform(memory, guest);
            BlockDriver driver = start(
                    platform,
                    BlockDriverOptions.DEFAULT
                            .withQueues(2, 128)
                            .withLines(0, 2)
                            .withRecovery(false, 1, 1));
            assertThat(driver.queues()).isEqualTo(2);
            BlockTraffic[] traffic = {
                new BlockTraffic(driver, platform, 0, DEPTH, 0, 100),
                new BlockTraffic(driver, platform, 1, DEPTH, BlockTraffic.sectors(DEPTH), 101)
            };
            FailingThread second = FailingThread.start(() -> traffic[1].exchange(REQUESTS));
            traffic[0].exchange(REQUESTS);
            second.join();
            traffic[0].readEverything();
            traffic[1].readEverything();
            assertThat(driver.needsRecovery()).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void aQueueIsResetBetweenTraffic(int combination) throws Exception {
        GuestMemory memory = memory();
        try (LocalGuest guest = local(memory, device(new BlockOptions()), 1)) {
            JvmPlatform platform = platform(memory, guest);
            BlockDriver driver = start(platform, options(combination));
            BlockTraffic traffic = new BlockTraffic(driver, platform, 0, DEPTH, 0, combination);
            for (int round = 0; round < 20; round++) {
                traffic.exchange(100);
                driver.resetQueue(0);
            }
            traffic.readEverything();
            assertThat(driver.resets()).isZero();
        }
    }

    @Test
    void aResizeReachesTheDriver() throws Exception {
        GuestMemory memory = memory();
        BlockDevice device = device(new BlockOptions());
        try (LocalGuest guest = local(memory, device, 1)) {
            JvmPlatform platform = platform(memory, guest);
            BlockDriver driver = start(platform, BlockDriverOptions.DEFAULT);
            assertThat(driver.capacity()).isEqualTo(DISK / 512);
            DmaBuffer buffer = platform.allocate(512, 512);
            assertThatThrownBy(() -> driver.read(DISK / 512, buffer)).isInstanceOf(BlockIoException.class);
            device.resize(2 * DISK);
            driver.interrupted(platform.waitForInterrupt(0, -1));
            assertThat(driver.capacity()).isEqualTo(2 * DISK / 512);
            driver.read(DISK / 512, buffer);
        }
    }

    @Test
    void aReadOnlyDiskIsKnownAsSuch() throws Exception {
        GuestMemory memory = memory();
        try (LocalGuest guest =
                local(memory, device(new BlockOptions().readOnly(true).blockSize(4096)), 1)) {
            JvmPlatform platform = platform(memory, guest);
            BlockDriver driver = start(platform, BlockDriverOptions.DEFAULT);
            assertThat(driver.readOnly()).isTrue();
            assertThat(driver.limits().blockSize()).isEqualTo(4096);
            DmaBuffer buffer = platform.allocate(4096, 512);
            driver.read(0, buffer);
            assertThatThrownBy(() -> driver.write(0, buffer)).hasMessageContaining("read-only");
        }
    }

    @Test
    void aDeviceThatAsksForAResetIsStartedOverInTheMiddleOfTraffic() throws Exception {
        GuestMemory memory = memory();
        try (LocalGuest guest = local(memory, device(new BlockOptions()), 1)) {
            JvmPlatform platform = platform(memory, guest);
            BlockDriver driver = start(platform, BlockDriverOptions.DEFAULT.withRecovery(true, 1000, 3));
            BlockTraffic traffic = new BlockTraffic(driver, platform, 0, DEPTH, 0, 5);
            FailingThread saboteur = FailingThread.start(() -> {
                long start = driver.completions(0);
                for (int reset = 0; reset < 20; reset++) {
                    while (driver.completions(0) < start + 400L * reset) {
                        Thread.onSpinWait();
                    }
                    guest.session(0).needsReset("the test wants it");
                }
            });
            traffic.exchange(REQUESTS);
            saboteur.join();
            traffic.readEverything();
            assertThat(driver.resets()).isPositive();
        }
    }
}
