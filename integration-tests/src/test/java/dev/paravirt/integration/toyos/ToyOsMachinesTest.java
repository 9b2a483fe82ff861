// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.toyos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.net.LearningSwitch;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.trap.ExitCount;
import dev.paravirt.backend.transport.trap.TrapMachine;
import dev.paravirt.cli.demo.JavaCommand;
import dev.paravirt.cli.toyos.MachineParts;
import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.boot.MachineKind;
import dev.paravirt.toyos.boot.ToyOs;
import dev.paravirt.toyos.fat32.Fat32Formatter;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The toy OS, unchanged, on machines whose registers are trapped. */
@Timeout(150)
class ToyOsMachinesTest {
    private static final int PATIENCE_SECONDS = 60;
    private static final long MEMORY = 32L << 20;

    @TempDir
    private Path folder;

    /** Each kind of card sends to each other. */
    @ParameterizedTest
    @CsvSource({"TRAPPED, MMIO", "MMIO, TRAPPED", "PARAVIRT, TRAPPED", "TRAPPED, PARAVIRT"})
    void machinesFetchFilesFromEachOther(MachineKind serving, MachineKind fetching) throws Exception {
        LearningSwitch network = new LearningSwitch();
        try (ToyOsGuest server = ToyOsGuest.start(
                serving,
                network.addPort(),
                "02:00:00:00:00:01",
                "net=10.0.0.1/24",
                "write /big.bin 1000000 7",
                "sha256 /big.bin",
                "httpd / 80 -n 1")) {
            server.awaitText("serving / on port 80");
            try (ToyOsGuest client = ToyOsGuest.start(
                    fetching,
                    network.addPort(),
                    "02:00:00:00:00:02",
                    "net=10.0.0.2/24",
                    "ping 10.0.0.1 -c 3 -i 1 -W 60000",
                    "httpget http://10.0.0.1/big.bin -o /copy.bin",
                    "sync",
                    "sha256 /copy.bin")) {
                assertThat(client.await()).as("%s", client.lines()).isZero();
                assertThat(server.await()).as("%s", server.lines()).isZero();
                assertThat(client.sha256("/copy.bin")).isEqualTo(server.sha256("/big.bin"));
            }
        }
    }

    /** Exits to another process; what it counted is where the guest has been. */
    @ParameterizedTest
    @SuppressWarnings("try") // that the server is open is all that matters
    @CsvSource({"TRAPPED, ata, Data", "MMIO, device-0, QueueNotify"})
    void bootsInAProcessOfItsOwn(MachineKind kind, String disk, String register) throws Exception {
        MemoryImage image = new MemoryImage(64L << 20);
        Fat32Formatter.format(new BlockCache(new ImageVolume(image), 1 << 20), "TOYOS", 1);
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        CompletableFuture<Integer> powerOff = new CompletableFuture<>();
        CompletableFuture<TrapMachine> machine = new CompletableFuture<>();
        MachineParts parts = new MachineParts(image, null, null, "02:00:00:00:00:01", null);
        Path socket = folder.resolve("socket");
        try (GuestServer server = GuestServer.listen(socket, GuestShape.of(MEMORY, 1, MachineParts.LINES), guest -> {
            TrapMachine made = TrapMachine.serving(guest, parts.board(kind, printed::writeBytes, powerOff::complete));
            machine.complete(made);
            return made;
        })) {
            Process guest = new ProcessBuilder(JavaCommand.of(
                            "dev.paravirt.toyos",
                            ToyOs.class.getName(),
                            socket.toString(),
                            "machine=" + kind,
                            "write /a 500000 3",
                            "sync",
                            "sha256 /a",
                            "date",
                            "poweroff 9"))
                    .inheritIO()
                    .start();
            try {
                assertThat(guest.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
                assertThat(guest.exitValue()).as(printed.toString(UTF_8)).isEqualTo(9);
            } finally {
                guest.destroyForcibly();
            }
            assertThat(powerOff.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(9);
            List<ExitCount> counts =
                    machine.get(PATIENCE_SECONDS, TimeUnit.SECONDS).bus().counts();
            assertThat(counts)
                    .anyMatch(count ->
                            count.device().equals(disk) && count.register().equals(register) && count.exits() > 0);
        }
        assertThat(printed.toString(UTF_8)).contains("\"path\":\"/a\"").contains(" UTC");
    }
}
