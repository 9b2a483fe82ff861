// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A PC of QEMU's that libvirt starts from its description of a domain; its guest is a Linux of Debian's. */
final class LibvirtGuest implements Guest {
    private static final String PROGRAM = "virt-qemu-run";
    private static final String PACKAGES = "libvirt-daemon-driver-qemu libvirt-daemon-system";

    private static final String LOG = "log/qemu/guest.log";
    private static final String WATCHDOG_SECONDS = "150";
    private static final int POLL_MILLIS = 50;

    /** Root starts QEMU as itself, and nobody needs other services of libvirt's. */
    private static final String CONFIGURATION = """
            user = "root"
            group = "root"
            security_driver = "none"
            stdio_handler = "file"
            namespaces = []
            cgroup_controllers = []
            """;

    /** Without KVM, QEMU 7.2 crashes when a network device has interrupt vectors of its own. */
    private static final String DOMAIN = """
            <domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
              <name>guest</name>
              <memory unit='MiB'>512</memory>
              MEMORY
              <vcpu>2</vcpu>
              <os>
                <type arch='x86_64'>hvm</type>
                <kernel>KERNEL</kernel>
                <initrd>INITRD</initrd>
                <cmdline>ARGUMENTS</cmdline>
              </os>
              <features><acpi/></features>
              <on_reboot>destroy</on_reboot>
              <devices>
                DEVICES
                <serial type='file'><source path='OUTPUT'/></serial>
              </devices>
              <qemu:override>
                <qemu:device alias='net0'><qemu:frontend>
                  <qemu:property name='vectors' type='unsigned' value='0'/>
                </qemu:frontend></qemu:device>
              </qemu:override>
            </domain>
            """;

    private final Process process;
    private final Path folder;

    private LibvirtGuest(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
    }

    /**
     * Boots it. Skips the test if libvirt is not to be had.
     *
     * @param memory the element that says which memory it has
     * @param devices elements that describe the devices
     */
    static LibvirtGuest boot(Path folder, PcLinux system, String memory, List<String> devices)
            throws IOException, InterruptedException {
        Command.require(PROGRAM, PACKAGES);
        // Root's libvirt does not begin without it.
        if (Command.run(folder, "id", "libvirt-qemu").status() != 0) {
            DebianPackages.missing("the user libvirt-qemu", "apt-get install " + PACKAGES);
        }
        Path own = folder.resolve("libvirt");
        Files.writeString(Files.createDirectories(own.resolve("etc")).resolve("qemu.conf"), CONFIGURATION);
        Path domain = folder.resolve("domain.xml");
        Files.writeString(
                domain,
                DOMAIN.replace("MEMORY", memory)
                        .replace("KERNEL", system.kernel().toString())
                        .replace("INITRD", system.initrd().toString())
                        .replace("ARGUMENTS", PcLinux.ARGUMENTS)
                        .replace("DEVICES", String.join("\n", devices))
                        .replace("OUTPUT", own.resolve("output").toString()));
        // At SIGTERM it ends QEMU, which is no child of its own.
        ProcessBuilder builder = new ProcessBuilder(
                        "timeout", "--kill-after=20", WATCHDOG_SECONDS, PROGRAM, "--root=" + own, domain.toString())
                .redirectErrorStream(true)
                .redirectOutput(own.resolve("messages").toFile());
        return new LibvirtGuest(builder.start(), own);
    }

    @Override
    public void await(String text) throws IOException, InterruptedException {
        while (!output().contains(text)) {
            if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS) || hasEnded()) {
                throw new IOException("QEMU has ended, and its guest has not printed \"" + text + "\": " + output()
                        + read("messages") + read(LOG));
            }
        }
    }

    @Override
    public String awaitEnd() throws IOException, InterruptedException {
        // libvirt 9.0's program does not end with the guest, but only once a signal wakes it.
        boolean over = false;
        while (!over) {
            over = process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS) || hasEnded();
        }
        return output();
    }

    private boolean hasEnded() throws IOException {
        return read(LOG).contains("shutting down, reason=");
    }

    @Override
    public String output() throws IOException {
        return read("output").replace("\r", "");
    }

    private String read(String file) throws IOException {
        Path path = folder.resolve(file);
        return Files.exists(path) ? Files.readString(path, StandardCharsets.ISO_8859_1) : "";
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException early) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            Thread.currentThread().interrupt();
        }
        String qemu = read("run/qemu/guest.pid").strip();
        if (!qemu.isEmpty()) {
            ProcessHandle.of(Long.parseLong(qemu)).ifPresent(ProcessHandle::destroyForcibly);
        }
    }
}
