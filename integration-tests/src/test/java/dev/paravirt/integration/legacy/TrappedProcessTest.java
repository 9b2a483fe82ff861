// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.legacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.legacy.PcBoard;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.trap.TrapMachine;
import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.HypervisorGoneException;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.jvm.TrapGate;
import dev.paravirt.guest.legacy.AtaDriver;
import dev.paravirt.guest.legacy.AtaOptions;
import dev.paravirt.integration.carrier.ChildProcess;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.HypercallError;
import dev.paravirt.spec.legacy.Ata;
import dev.paravirt.spec.legacy.PcPorts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exits to a hypervisor that is another process, which may be killed. */
class TrappedProcessTest {
    private static final int SECTORS = 1 << 16;

    @TempDir
    private Path directory;

    static final class Hypervisor {
        public static void main(String[] arguments) throws Exception {
            try (GuestServer server = GuestServer.listen(
                    Path.of(arguments[0]),
                    TrappedGuest.shape(),
                    guest -> TrapMachine.serving(
                            guest, new PcBoard().disk(new MemoryImage((long) SECTORS * Ata.SECTOR))))) {
                System.out.println("listening");
                server.awaitEnd(Duration.ofMinutes(2));
            }
        }
    }

    @Test
    void aDiskInAnotherProcess() throws Exception {
        Path socket = directory.resolve("socket");
        try (ChildProcess hypervisor = ChildProcess.start(Hypervisor.class, socket.toString())) {
            assertThat(hypervisor.line()).isEqualTo("listening");
            try (GuestProcess guest = GuestProcess.attach(socket, TrappedGuest.PATIENCE)) {
                JvmPlatform platform = JvmPlatform.of(guest);
                TrapGate gate = new TrapGate(platform);
                AtaDriver driver = AtaDriver.start(gate, platform, AtaOptions.DEFAULT);
                byte[] written = new byte[256 * Ata.SECTOR];
                byte[] read = new byte[written.length];
                for (int at = 0; at < SECTORS; at += SECTORS / 16) {
                    new Random(at).nextBytes(written);
                    driver.write(at, written, 0, written.length);
                    driver.read(at, read, 0, read.length);
                    assertThat(read).isEqualTo(written);
                }
                driver.flush();
                assertThat(guest.call(Hypercall.VERSION, 0, 0, 0, 0))
                        .as("this machine has no hypercalls")
                        .isEqualTo(HypercallError.NOT_SUPPORTED);
                hypervisor.kill();
                assertThatThrownBy(() -> gate.in(PcPorts.ATA + Ata.STATUS, 1))
                        .isInstanceOf(HypervisorGoneException.class);
            }
        }
    }
}
