// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.JvmPlatform;
import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** This process as the guest of a hypervisor process. */
final class GuestOfProcess implements Guest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final MachineKind kind;
    private final Instrumentation instrumentation;
    private final Process hypervisor;
    private final BufferedReader output;
    private final GuestProcess guest;
    private final ExitCounter counter;

    GuestOfProcess(
            MachineKind kind,
            Process hypervisor,
            BufferedReader output,
            GuestProcess guest,
            Instrumentation instrumentation) {
        this.kind = kind;
        this.instrumentation = instrumentation;
        this.output = output;
        this.hypervisor = hypervisor;
        this.guest = guest;
        this.counter = new ExitCounter(
                JvmPlatform.of(guest).memory(), guest::call, guest::notify, guest::await, instrumentation);
    }

    @Override
    public MachineKind kind() {
        return kind;
    }

    @Override
    public Instrumentation instrumentation() {
        return instrumentation;
    }

    @Override
    public JvmPlatform platform() {
        return counter.platform();
    }

    @Override
    public long exits() {
        return counter.exits();
    }

    @Override
    public Duration processorTime() {
        return ProcessorTime.ofThisProcess().plus(ProcessorTime.of(hypervisor.toHandle()));
    }

    @Override
    public List<RegisterExits> finish() throws IOException {
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
