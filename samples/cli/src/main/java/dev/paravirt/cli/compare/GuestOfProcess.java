// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import dev.paravirt.cli.demo.JavaCommand;
import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.JvmPlatform;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * This process as the guest of a hypervisor process that it started. Counts what leaves the guest: each call and each
 * trapped access is an exit, and so is each notification. For one thread.
 */
final class GuestOfProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Process hypervisor;
    private final GuestProcess guest;
    private final JvmPlatform platform;
    private long exits;

    static GuestOfProcess start(MachineKind kind) throws IOException {
        Path folder = Files.createTempDirectory("paravirt-compare");
        Path socket = folder.resolve("socket");
        Process process = new ProcessBuilder(JavaCommand.of(
                        "dev.paravirt.cli", HypervisorProcess.class.getName(), kind.name(), socket.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            BufferedReader output =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            if (!HypervisorProcess.READY.equals(output.readLine())) {
                throw new IOException("the hypervisor process did not start");
            }
            return new GuestOfProcess(process, GuestProcess.attach(socket, PATIENCE));
        } catch (IOException | RuntimeException failure) {
            process.destroyForcibly();
            throw failure;
        } finally {
            Files.deleteIfExists(socket);
            Files.delete(folder);
        }
    }

    private GuestOfProcess(Process hypervisor, GuestProcess guest) {
        this.hypervisor = hypervisor;
        this.guest = guest;
        this.platform = JvmPlatform.of(JvmPlatform.of(guest).memory(), this::call, this::ring, guest::await);
    }

    private long call(int number, long a0, long a1, long a2, long a3) {
        exits++;
        return guest.call(number, a0, a1, a2, a3);
    }

    private void ring(int doorbell, int data) {
        exits++;
        guest.notify(doorbell, data);
    }

    JvmPlatform platform() {
        return platform;
    }

    long exits() {
        return exits;
    }

    @Override
    public void close() throws IOException {
        guest.close();
        hypervisor.getOutputStream().close();
        try {
            if (!hypervisor.waitFor(PATIENCE)) {
                hypervisor.destroyForcibly();
            }
        } catch (InterruptedException early) {
            hypervisor.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
