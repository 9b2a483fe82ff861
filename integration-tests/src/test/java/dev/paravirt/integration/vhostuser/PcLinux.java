// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A Linux of Debian's, as a PC of QEMU's boots it.
 *
 * @param kernel its file
 * @param initrd the archive of its root
 */
record PcLinux(Path kernel, Path initrd) {
    static final String ARGUMENTS = "console=ttyS0 quiet panic=-1 rdinit=/init";

    /** Modules for virtio devices on a PCI bus, in the order in which they are loaded. */
    private static final List<String> PCI =
            List.of("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci");

    /**
     * Makes one in a folder. Skips the test if the kernel, or QEMU, is not to be had.
     *
     * @param drivers modules for its devices, in the order in which they are loaded
     * @param programs of the host's
     * @param script what it does then, before it ends
     */
    static PcLinux make(Path folder, List<String> drivers, List<String> programs, String script)
            throws IOException, InterruptedException {
        Command.require(QemuGuest.PROGRAM, "qemu-system-x86");
        Path unpacked = DebianPackages.require(DebianPackages.dependency("linux-image-cloud-amd64", "linux-image-"));
        List<String> modules = Stream.concat(PCI.stream(), drivers.stream()).toList();
        GuestRoot root =
                GuestRoot.create(folder.resolve("root"), unpacked.resolve("lib/modules"), modules, programs, script);
        return new PcLinux(file(unpacked), InitialRamFs.of(root.folder(), folder.resolve("initrd")));
    }

    private static Path file(Path unpacked) throws IOException {
        try (Stream<Path> files = Files.list(unpacked.resolve("boot"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("vmlinuz"))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
