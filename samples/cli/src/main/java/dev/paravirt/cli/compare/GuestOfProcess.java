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
import java.util.ArrayList;
import java.util.List;

/**
 * This process as the guest of a hypervisor process that it started. Counts what leaves the guest: each call and each
 * trapped access is an exit, and so is each notification. For one thread.
 */
final class GuestOfProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final MachineKind kind;
    private final Process hypervisor;
    private final BufferedReader output;
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
            return new GuestOfProcess(kind, process, output, GuestProcess.attach(socket, PATIENCE));
        } catch (IOException | RuntimeException failure) {
            process.destroyForcibly();
            throw failure;
        } finally {
            Files.deleteIfExists(socket);
            Files.delete(folder);
        }
    }

    private GuestOfProcess(MachineKind kind, Process hypervisor, BufferedReader output, GuestProcess guest) {
        this.kind = kind;
        this.output = output;
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

    MachineKind kind() {
        return kind;
    }

    long exits() {
        return exits;
    }

    /** Of this process and its hypervisor. The system accounts for it in hundredths of a second. */
    Duration processorTime() {
        return processorTime(ProcessHandle.current()).plus(processorTime(hypervisor.toHandle()));
    }

    private static Duration processorTime(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** Ends the machine, and asks the hypervisor what it counted at each register, the start included. */
    List<RegisterExits> finish() throws IOException {
        guest.close();
        hypervisor.getOutputStream().close();
        List<RegisterExits> counted = new ArrayList<>();
        String line = output.readLine();
        while (line != null && !line.equals(HypervisorProcess.DONE)) {
            counted.add(RegisterExits.parse(kind, line));
            line = output.readLine();
        }
        if (line == null) {
            throw new IOException("the hypervisor process of the machine " + kind + " ended early");
        }
        return counted;
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
