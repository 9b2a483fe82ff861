// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.rings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.QueueCounters;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.hypercall.HypercallMachine;
import dev.paravirt.backend.transport.hypercall.LocalGuest;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.integration.blk.MmioMachine;
import dev.paravirt.integration.blk.RingFeatures;
import dev.paravirt.integration.carrier.ChildProcess;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
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

/**
 * The contract of virtqueues, as the queue module's own tests have it between two threads, kept over every transport and
 * with the notifications of each: all requests arrive, whole and once, whatever their shape and the features of their
 * ring, and nobody sleeps while there is work. Half a minute in the build; {@code -Dparavirt.thorough=true} (Maven
 * profile {@code thorough}) makes it many minutes.
 */
@Timeout(3600)
class RingContractTest {
    private static final int MEMORY = 1 << 20;
    private static final long ADDRESS = 0x4000_0000L;

    private final Arena arena = Arena.ofAuto();

    @TempDir
    private Path directory;

    static IntStream combinations() {
        return IntStream.range(0, RingFeatures.COMBINATIONS);
    }

    private GuestMemory memory() {
        return new GuestMemory(new MemoryRegion(ADDRESS, arena.allocate(MEMORY, 4096)));
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void sameProcess(int combination) throws IOException {
        GuestMemory memory = memory();
        try (LocalGuest guest = LocalGuest.start(memory, List.of(new EchoBackend()), 1, MachineOptions.DEFAULT)) {
            RingGuest.run(
                    JvmPlatform.of(memory, guest::hypercall, guest::notify, guest::waitForInterrupt), combination);
            for (int queue = 0; queue < RingLoad.ALL.size(); queue++) {
                QueueCounters counters = guest.session(0).counters(queue);
                assertThat(counters.requests())
                        .isEqualTo(RingLoad.ALL.get(queue).requests());
                assertThat(counters.notifications())
                        .as("a run in which nobody is woken shows nothing")
                        .isPositive();
                assertThat(counters.interrupts()).isPositive();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void registers(int combination) throws IOException {
        try (MmioMachine machine = new MmioMachine(new EchoBackend(), memory())) {
            RingGuest.run(MmioTransport.open(machine, machine.platform(), "slot 0"), machine.platform(), combination);
        }
    }

    @Test
    void twoProcesses() throws Exception {
        Path socket = directory.resolve("socket");
        GuestShape shape = new GuestShape(List.of(new GuestShape.Region(ADDRESS, MEMORY)), RingLoad.ALL.size(), 1);
        try (GuestServer server = GuestServer.listen(
                        socket,
                        shape,
                        guest -> HypercallMachine.serving(guest, List.of(new EchoBackend()), MachineOptions.DEFAULT));
                ChildProcess child = ChildProcess.start(RingGuestMain.class, socket.toString())) {
            for (int combination = 0; combination < RingFeatures.COMBINATIONS; combination++) {
                assertThat(child.line()).isEqualTo(RingGuestMain.done(combination));
            }
            assertThat(child.line()).isNull();
            assertThat(server.awaitEnd(Duration.ZERO)).isFalse();
        }
    }
}
