// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.legacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.legacy.PcBoard;
import dev.paravirt.backend.net.LearningSwitch;
import dev.paravirt.backend.transport.trap.ThreadGuest;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.jvm.TrapGate;
import dev.paravirt.guest.legacy.AtaDriver;
import dev.paravirt.guest.legacy.AtaOptions;
import dev.paravirt.guest.legacy.CmosClock;
import dev.paravirt.guest.legacy.Ne2000Driver;
import dev.paravirt.guest.legacy.Ne2000Options;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.hypercall.HypercallError;
import dev.paravirt.spec.legacy.Cmos;
import dev.paravirt.spec.legacy.PcPorts;
import dev.paravirt.spec.trap.Exit;
import java.lang.foreign.Arena;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** All devices of a PC on one bus. */
class PcBoardTest {
    private static final int MEMORY = 1 << 20;
    private static final int ACCESSES = 60_000;
    private static final byte[] MAC = {2, 0, 0, 0, 0, 1};
    private static final int[] PORTS = {
        PcPorts.COM1,
        PcPorts.ATA,
        PcPorts.ATA_CONTROL,
        PcPorts.NE2000,
        PcPorts.CMOS,
        PcPorts.DEBUG_CONSOLE,
        PcPorts.DEBUG_EXIT
    };

    private final List<Integer> exitCodes = new ArrayList<>();
    private Instant now = Instant.parse("2026-11-26T21:47:58Z");

    private ThreadGuest start(GuestMemory memory) throws Exception {
        return ThreadGuest.start(
                memory,
                PcPorts.LINES,
                new PcBoard()
                        .disk(new MemoryImage(1 << 20), "one")
                        .secondDisk(new MemoryImage(1 << 20), "two")
                        .network(new LearningSwitch().addPort(), MAC)
                        .clock(() -> now)
                        .debugConsole(text -> {})
                        .powerOff(exitCodes::add));
    }

    private static JvmPlatform platform(ThreadGuest guest, GuestMemory memory) {
        return JvmPlatform.of(memory, guest::exit, (doorbell, data) -> {}, guest::waitForInterrupt);
    }

    private static GuestMemory memory(Arena arena) {
        return new GuestMemory(new MemoryRegion(0, arena.allocate(MEMORY, 4096)));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void nonsenseInEveryRegisterHurtsNobody(long seed) throws Exception {
        try (Arena arena = Arena.ofShared()) {
            GuestMemory memory = memory(arena);
            try (ThreadGuest guest = start(memory)) {
                Random dice = new Random(seed);
                for (int i = 0; i < ACCESSES; i++) {
                    int port = PORTS[dice.nextInt(PORTS.length)] + dice.nextInt(32);
                    int width = 1 << dice.nextInt(3);
                    int number = Exit.PORT_IN + dice.nextInt(Exit.PORT_OUT_STRING - Exit.PORT_IN + 1);
                    boolean string = number >= Exit.PORT_IN_STRING;
                    long a2 = string ? dice.nextInt(Exit.MAX_STRING / width + 1) : dice.nextInt();
                    assertThat(guest.exit(number, port, width, a2, dice.nextInt(MEMORY - Exit.MAX_STRING)))
                            .isNotEqualTo(HypercallError.BAD_STATE);
                }
                assertThat(exitCodes).as("power goes off once").hasSizeLessThanOrEqualTo(1);
                // Whatever was done to the devices, drivers find them in order.
                JvmPlatform platform = platform(guest, memory);
                TrapGate ports = new TrapGate(platform);
                for (int drive = 0; drive < 2; drive++) {
                    AtaDriver disk = AtaDriver.start(ports, platform, AtaOptions.DEFAULT.withDrive(drive));
                    assertThat(disk.serial()).isEqualTo(drive == 0 ? "one" : "two");
                    disk.write(7, new byte[1024], 0, 1024);
                    disk.flush();
                }
                byte[] mac = new byte[6];
                Ne2000Driver.start(ports, platform, Ne2000Options.DEFAULT).mac(mac);
                assertThat(mac).isEqualTo(MAC);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2026-11-26T21:47:58Z", "2024-02-29T12:00:00Z", "2000-03-01T00:59:59Z", "2099-12-31T23:59:59Z"})
    void aGuestReadsTheTimeInEachForm(String time) throws Exception {
        now = Instant.parse(time);
        try (Arena arena = Arena.ofShared()) {
            GuestMemory memory = memory(arena);
            try (ThreadGuest guest = start(memory)) {
                TrapGate ports = new TrapGate(platform(guest, memory));
                for (int form : new int[] {0, Cmos.B_24_HOURS, Cmos.B_BINARY, Cmos.B_24_HOURS | Cmos.B_BINARY}) {
                    ports.out(PcPorts.CMOS + Cmos.INDEX, 1, Cmos.B);
                    ports.out(PcPorts.CMOS + Cmos.DATA, 1, form);
                    assertThat(CmosClock.epochSeconds(ports)).isEqualTo(now.getEpochSecond());
                }
            }
        }
    }

    @Test
    void thePowerGoesOffOnce() throws Exception {
        try (Arena arena = Arena.ofShared()) {
            GuestMemory memory = memory(arena);
            try (ThreadGuest guest = start(memory)) {
                TrapGate ports = new TrapGate(platform(guest, memory));
                ports.out(PcPorts.DEBUG_EXIT, 1, 0x1ff);
                ports.out(PcPorts.DEBUG_EXIT, 1, 3);
                assertThat(exitCodes).containsExactly(255);
            }
        }
    }
}
