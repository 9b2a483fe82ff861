// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.cli.Paravirt;
import dev.paravirt.integration.carrier.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Does what {@code paravirt blk --help} says, to the letter, but that the socket lies elsewhere. */
@Timeout(200)
@SuppressWarnings("try") // Servers serve while they are open, and need not be spoken to.
class NewcomerTest {
    private static final long SIZE = 32 << 20;
    private static final String SOCKET_IN_HELP = "/tmp/blk.sock";

    @TempDir
    private Path folder;

    @Test
    void theLineForQemu() throws IOException, InterruptedException {
        Path kernel = QemuGuest.kernel();
        GuestRoot root = root(kernel.resolve("lib/modules"), QemuGuest.modules("virtio_blk"));
        Disk disk = Disk.create(folder.resolve("disk.img"), SIZE);
        List<String> command = example("qemu-system-x86_64 ");
        try (ChildProcess server = serve(disk);
                QemuGuest guest = QemuGuest.complete(folder, kernel, root, command)) {
            check(disk, guest.awaitEnd());
        }
    }

    @Test
    void theLineForUserModeLinux() throws IOException, InterruptedException {
        GuestRoot root = root(UserModeLinux.modules(), List.of("virtio_blk"));
        Disk disk = Disk.create(folder.resolve("disk.img"), SIZE);
        List<String> command = example("linux.uml ");
        try (ChildProcess server = serve(disk);
                UserModeLinux guest = UserModeLinux.complete(folder, root, command.subList(1, command.size()))) {
            check(disk, guest.awaitEnd());
        }
    }

    private GuestRoot root(Path modules, List<String> wanted) throws IOException, InterruptedException {
        return GuestRoot.create(folder.resolve("root"), modules, wanted, List.of("mkfs.ext4"), Disk.script("vda"));
    }

    /** An existing image is served as it is: it is as long afterwards as it was. */
    private void check(Disk disk, String printed) throws IOException, InterruptedException {
        assertThat(printed).contains("the script has ended");
        disk.check(printed, "vda", folder);
        assertThat(Files.size(disk.image())).isEqualTo(SIZE);
    }

    private ChildProcess serve(Disk disk) throws IOException {
        ChildProcess server = ChildProcess.start(
                Paravirt.class,
                "blk",
                "--socket-path",
                socket(),
                "--blk-file",
                disk.image().toString());
        server.awaitLine("serving ");
        return server;
    }

    /** The words of the help's command that begins so, whose "..." stands for what to boot. */
    private List<String> example(String start) throws IOException {
        StringBuilder words = new StringBuilder();
        try (ChildProcess help = ChildProcess.start(Paravirt.class, "blk", "--help")) {
            String line = help.awaitLine(start);
            while (line.endsWith("\\")) {
                words.append(line, 0, line.length() - 1);
                line = help.line();
            }
            words.append(line);
        }
        assertThat(words.toString()).contains(SOCKET_IN_HELP).endsWith(" ...");
        words.setLength(words.length() - " ...".length());
        return List.of(
                words.toString().replace(SOCKET_IN_HELP, socket()).strip().split("\\s+"));
    }

    private String socket() {
        return folder.resolve("socket").toString();
    }
}
