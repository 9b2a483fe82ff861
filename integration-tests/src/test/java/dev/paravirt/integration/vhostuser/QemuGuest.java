// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A PC of QEMU's, whose guest is a Linux of Debian's, and whose devices are elsewhere. */
final class QemuGuest implements Guest {
    static final String KERNEL_ARGUMENTS = "console=ttyS0 quiet panic=-1 rdinit=/init";
    private static final String PROGRAM = "qemu-system-x86_64";
    private static final String WATCHDOG_SECONDS = "150";
    private static final int POLL_MILLIS = 50;
    private static final List<String> PCI =
            List.of("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci");

    private final Process process;
    private final Path output;

    private QemuGuest(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** The kernel that it boots, unpacked. Skips the test if it, or QEMU, is not to be had. */
    static Path kernel() throws IOException, InterruptedException {
        Command.require(PROGRAM, "qemu-system-x86");
        String name = DebianPackages.dependency("linux-image-cloud-amd64", "linux-image-");
        return DebianPackages.require(name);
    }

    /** The file of an unpacked kernel that is booted. */
    static Path image(Path kernel) throws IOException {
        try (Stream<Path> files = Files.list(kernel.resolve("boot"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("vmlinuz"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** The kernel's modules for virtio devices on a PCI bus, in the order in which they are loaded, then those of drivers. */
    static List<String> modules(String... drivers) {
        return Stream.concat(PCI.stream(), Stream.of(drivers)).toList();
    }

    /**
     * Boots it.
     *
     * @param folder where it writes what the guest prints
     * @param devices options that describe the devices
     */
    static QemuGuest boot(Path folder, Path kernel, GuestRoot root, List<String> devices) throws IOException {
        List<String> command = new ArrayList<>(List.of(PROGRAM));
        command.addAll(List.of("-m", "512M", "-object", "memory-backend-memfd,id=mem,size=512M,share=on"));
        command.addAll(List.of("-numa", "node,memdev=mem"));
        command.addAll(devices);
        return complete(folder, kernel, root, command);
    }

    /**
     * Boots it.
     *
     * @param described a command line that says which memory and which devices it has, and lacks what to boot
     */
    static QemuGuest complete(Path folder, Path kernel, GuestRoot root, List<String> described) throws IOException {
        Path initrd = InitialRamFs.of(root.folder(), folder.resolve("initrd"));
        Path output = folder.resolve("output");
        List<String> command = new ArrayList<>(List.of("timeout", "--signal=KILL", WATCHDOG_SECONDS));
        command.addAll(described);
        command.addAll(List.of("-accel", "tcg", "-nodefaults", "-display", "none", "-no-reboot", "-smp", "2"));
        command.addAll(List.of("-serial", "file:" + output));
        command.addAll(List.of("-kernel", image(kernel).toString(), "-initrd", initrd.toString()));
        command.addAll(List.of("-append", KERNEL_ARGUMENTS));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("messages").toFile());
        Files.createFile(output);
        return new QemuGuest(builder.start(), output);
    }

    @Override
    public void await(String text) throws IOException, InterruptedException {
        while (!output().contains(text)) {
            if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new IOException("QEMU has ended, and its guest has not printed \"" + text + "\": " + output()
                        + Files.readString(output.resolveSibling("messages")));
            }
        }
    }

    @Override
    public String awaitEnd() throws IOException, InterruptedException {
        process.waitFor();
        return output();
    }

    @Override
    public String output() throws IOException {
        return Files.readString(output, StandardCharsets.ISO_8859_1).replace("\r", "");
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException early) {
            Thread.currentThread().interrupt();
        }
    }
}
