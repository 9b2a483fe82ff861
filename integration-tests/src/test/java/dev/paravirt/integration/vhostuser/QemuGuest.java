// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A PC of QEMU's, whose guest is a Linux of Debian's, and whose devices are elsewhere. */
final class QemuGuest implements Guest {
    static final String PROGRAM = "qemu-system-x86_64";
    private static final String WATCHDOG_SECONDS = "150";
    private static final int POLL_MILLIS = 50;

    private final Process process;
    private final Path output;

    private QemuGuest(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /**
     * Boots it.
     *
     * @param folder where it writes what the guest prints
     * @param devices options that describe the devices
     */
    static QemuGuest boot(Path folder, PcLinux system, List<String> devices) throws IOException {
        List<String> command = new ArrayList<>(List.of(PROGRAM));
        command.addAll(List.of("-m", "512M", "-object", "memory-backend-memfd,id=mem,size=512M,share=on"));
        command.addAll(List.of("-numa", "node,memdev=mem"));
        command.addAll(devices);
        return complete(folder, system, command);
    }

    /**
     * Boots it.
     *
     * @param described a command line that says which memory and which devices it has, and lacks what to boot
     */
    static QemuGuest complete(Path folder, PcLinux system, List<String> described) throws IOException {
        Path output = folder.resolve("output");
        List<String> command = new ArrayList<>(List.of("timeout", "--signal=KILL", WATCHDOG_SECONDS));
        command.addAll(described);
        command.addAll(List.of("-accel", "tcg", "-nodefaults", "-display", "none", "-no-reboot", "-smp", "2"));
        command.addAll(List.of("-serial", "file:" + output));
        command.addAll(List.of("-kernel", system.kernel().toString()));
        command.addAll(List.of("-initrd", system.initrd().toString()));
        command.addAll(List.of("-append", PcLinux.ARGUMENTS));
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
