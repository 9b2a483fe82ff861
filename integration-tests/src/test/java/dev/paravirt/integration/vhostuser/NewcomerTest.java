// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.integration.carrier.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The lines of {@code paravirt blk --help} and {@code paravirt net --help}; QEMU's devices have split rings by themselves. */
@Timeout(200)
@SuppressWarnings("try") // Servers serve while they are open, and need not be spoken to.
class NewcomerTest {
    private static final long SIZE = 32 << 20;
    private static final String RING = "echo packed ring $(cut -c 35 /sys/bus/virtio/devices/virtio0/features)\n";
    private static final List<String> NET_DRIVERS = List.of("failover", "net_failover", "virtio_net");
    private static final List<String> DISK_PROGRAMS = List.of("mkfs.ext4");
    private static final String DISK_SCRIPT = RING + Disk.script("vda");
    private static final String SPLIT = "packed ring 0";
    private static final String PACKED = "packed ring 1";

    @TempDir
    private Path folder;

    @Test
    void aDiskForQemu() throws IOException, InterruptedException {
        PcLinux system = PcLinux.make(folder, List.of("virtio_blk"), DISK_PROGRAMS, DISK_SCRIPT);
        Newcomer newcomer = newcomer("blk");
        Disk disk = Disk.create(folder.resolve("disk.img"), SIZE);
        try (ChildProcess server = serve(newcomer, disk);
                QemuGuest guest = QemuGuest.complete(folder, system, newcomer.example("qemu-system-x86_64 "))) {
            check(disk, guest.awaitEnd(), SPLIT);
        }
    }

    @Test
    void aDiskForUserModeLinux() throws IOException, InterruptedException {
        GuestRoot root = GuestRoot.create(
                folder.resolve("root"), UserModeLinux.modules(), List.of("virtio_blk"), DISK_PROGRAMS, DISK_SCRIPT);
        Newcomer newcomer = newcomer("blk");
        Disk disk = Disk.create(folder.resolve("disk.img"), SIZE);
        try (ChildProcess server = serve(newcomer, disk);
                UserModeLinux guest = UserModeLinux.complete(folder, root, afterProgram(newcomer))) {
            check(disk, guest.awaitEnd(), PACKED);
        }
    }

    @Test
    void aNetworkForQemu() throws IOException, InterruptedException {
        Command.require("passt", "passt");
        Newcomer newcomer = newcomer("net");
        try (HostPage page = HostPage.serve()) {
            PcLinux system = PcLinux.make(folder, NET_DRIVERS, List.of(), RING + page.script());
            try (ChildProcess server = newcomer.serve("--net", "user");
                    QemuGuest guest = QemuGuest.complete(folder, system, newcomer.example("qemu-system-x86_64 "))) {
                assertThat(guest.awaitEnd()).contains("the script has ended", page.checksum(), SPLIT);
            }
        }
    }

    @Test
    void aNetworkForUserModeLinux() throws IOException, InterruptedException {
        Command.require("passt", "passt");
        Newcomer newcomer = newcomer("net");
        try (HostPage page = HostPage.serve()) {
            GuestRoot root = GuestRoot.create(
                    folder.resolve("root"), UserModeLinux.modules(), NET_DRIVERS, List.of(), RING + page.script());
            try (ChildProcess server = newcomer.serve("--net", "user");
                    UserModeLinux guest = UserModeLinux.complete(folder, root, afterProgram(newcomer))) {
                assertThat(guest.awaitEnd()).contains("the script has ended", page.checksum(), PACKED);
            }
        }
    }

    /** The disk's back-end is killed meanwhile, and started again. */
    @Test
    void aDiskAndANetworkForLibvirt() throws IOException, InterruptedException {
        Command.require("passt", "passt");
        Newcomer storage = new Newcomer("blk", folder.resolve("blk"));
        Newcomer network = new Newcomer("net", folder.resolve("net"));
        List<String> forDisk = storage.libvirtElements();
        List<String> forNetwork = network.libvirtElements();
        assertThat(forNetwork.getFirst()).isEqualTo(forDisk.getFirst());
        List<String> devices = Stream.of(forDisk, forNetwork)
                .flatMap(elements -> elements.stream().skip(1))
                .toList();
        Disk disk = Disk.create(folder.resolve("disk.img"), SIZE);
        try (HostPage page = HostPage.serve();
                ChildProcess first = serve(storage, disk);
                ChildProcess wire = network.serve("--net", "user")) {
            PcLinux system = PcLinux.make(
                    folder,
                    Stream.concat(Stream.of("virtio_blk"), NET_DRIVERS.stream()).toList(),
                    DISK_PROGRAMS,
                    page.script() + DISK_SCRIPT);
            try (LibvirtGuest guest = LibvirtGuest.boot(folder, system, forDisk.getFirst(), devices)) {
                guest.await(page.checksum());
                first.kill();
                try (ChildProcess second = serve(storage, disk)) {
                    check(disk, guest.awaitEnd(), SPLIT);
                }
            }
        }
    }

    private Newcomer newcomer(String command) {
        return new Newcomer(command, folder.resolve("socket"));
    }

    private static List<String> afterProgram(Newcomer newcomer) throws IOException {
        List<String> command = newcomer.example("linux.uml ");
        return command.subList(1, command.size());
    }

    private static ChildProcess serve(Newcomer newcomer, Disk disk) throws IOException {
        return newcomer.serve("--blk-file", disk.image().toString());
    }

    /** An existing image is served as it is: it is as long afterwards as it was. */
    private void check(Disk disk, String printed, String ring) throws IOException, InterruptedException {
        assertThat(printed).contains("the script has ended", ring);
        disk.check(printed, "vda", folder);
        assertThat(Files.size(disk.image())).isEqualTo(SIZE);
    }
}
