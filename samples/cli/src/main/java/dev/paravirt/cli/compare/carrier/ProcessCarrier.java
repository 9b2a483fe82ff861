// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import dev.paravirt.cli.demo.JavaCommand;
import dev.paravirt.guest.jvm.GuestProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Another process: an exit is a word in shared memory, which the hypervisor watches for as long as that pays. */
final class ProcessCarrier implements Carrier {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Override
    public String name() {
        return "process";
    }

    @Override
    public String meaning() {
        return "the hypervisor is another process, which shares the guest's memory";
    }

    @Override
    public Starting start(MachineKind kind, Instrumentation instrumentation) throws IOException {
        Path folder = Files.createTempDirectory("paravirt-compare");
        Path socket = folder.resolve("socket");
        try {
            Process process = new ProcessBuilder(JavaCommand.of(
                            "dev.paravirt.cli", HypervisorProcess.class.getName(), kind.name(), socket.toString()))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            return new StartingProcess(kind, instrumentation, folder, socket, process);
        } catch (IOException failure) {
            Files.delete(folder);
            throw failure;
        }
    }

    private record StartingProcess(
            MachineKind kind, Instrumentation instrumentation, Path folder, Path socket, Process process)
            implements Starting {
        @Override
        public Guest await() throws IOException {
            try {
                BufferedReader output =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
                if (!HypervisorProcess.READY.equals(output.readLine())) {
                    throw new IOException("the hypervisor process of the machine " + kind + " did not start");
                }
                GuestProcess guest = GuestProcess.attach(socket, PATIENCE);
                return new GuestOfProcess(kind, process, output, guest, instrumentation);
            } catch (IOException | RuntimeException failure) {
                process.destroyForcibly();
                throw failure;
            } finally {
                Files.deleteIfExists(socket);
                Files.delete(folder);
            }
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
