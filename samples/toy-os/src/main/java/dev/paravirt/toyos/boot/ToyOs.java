// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.jvm.TrapGate;
import dev.paravirt.guest.platform.HypercallGate;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.toyos.kernel.Devices;
import dev.paravirt.toyos.kernel.Kernel;
import dev.paravirt.toyos.kernel.Machine;
import dev.paravirt.toyos.kernel.Network;
import dev.paravirt.toyos.kernel.Scheduler;
import dev.paravirt.toyos.programs.Programs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** Boots the toy OS: finds the devices of the machine, starts a driver for each, and runs the kernel on them. */
public final class ToyOs {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String MACHINE = "machine=";
    private static final int BOOT_FAILED = 70;
    private static final int HYPERVISOR_GONE = 71;

    private final Machine machine;
    private final Kernel kernel;
    private final Hardware hardware;

    private ToyOs(Machine machine, Hardware.Maker maker) throws IOException {
        this.machine = machine;
        Scheduler scheduler = new Scheduler(machine);
        kernel = new Kernel(machine, scheduler, Programs.all());
        hardware = maker.make(scheduler, kernel.console());
    }

    /**
     * A guest in a process of its own: {@code SOCKET [machine=KIND] [root=ID] [scratch=ID] [plain] [net=MODE] COMMAND...}. Its exit status is that of the
     * first program.
     */
    public static void main(String[] arguments) {
        if (arguments.length == 0) {
            System.err.println("usage: ToyOs SOCKET [machine=paravirt|mmio|trapped] [root=ID] [scratch=ID] [plain]"
                    + " [net=dhcp|none|ADDRESS/PREFIX[,gateway=A][,dns=A]] COMMAND...");
            System.exit(2);
        }
        // A machine whose hypervisor is gone is gone too, whichever task notices.
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            System.err.println("toyos: " + thread.getName() + ": " + failure);
            Runtime.getRuntime().halt(HYPERVISOR_GONE);
        });
        List<String> words = Arrays.asList(arguments);
        MachineKind kind = MachineKind.PARAVIRT;
        BootOptions options;
        try {
            int first = 1;
            if (words.size() > 1 && words.get(1).startsWith(MACHINE)) {
                kind = MachineKind.parse(words.get(first++).substring(MACHINE.length()));
            }
            options = BootOptions.parse(words.subList(first, words.size()));
        } catch (IllegalArgumentException wrong) {
            System.err.println("toyos: " + wrong.getMessage());
            System.exit(2);
            return;
        }
        try (GuestProcess process = GuestProcess.attach(Path.of(arguments[0]), PATIENCE)) {
            System.exit(run(kind, JvmPlatform.of(process), options));
        } catch (IOException failure) {
            System.err.println("toyos: " + failure.getMessage());
            System.exit(BOOT_FAILED);
        }
    }

    /**
     * Boots on a JVM, runs the script, and powers off. The caller becomes the first task. Interrupt line 0 is the kernel's;
     * on the trapped machine, line 1 is that of its disks.
     *
     * @return the exit code: that of poweroff, or else 0 if every command succeeded, 1 if one did not, 70 if the kernel
     *     could not mount its volume, or not write it back
     * @throws IOException if the machine is not what it is said to be
     */
    public static int run(MachineKind kind, JvmPlatform platform, BootOptions options) throws IOException {
        if (kind == MachineKind.PARAVIRT) {
            return run(platform, platform, options);
        }
        TrapGate gate = new TrapGate(platform);
        InterruptController interrupts = new InterruptController(platform, kind == MachineKind.TRAPPED);
        Hardware.Maker maker = kind == MachineKind.TRAPPED
                ? (scheduler, log) -> new PcHardware(gate, interrupts, scheduler, log)
                : (scheduler, log) ->
                        new VirtioHardware(new MmioDevices(gate::registers, interrupts), interrupts, scheduler, log);
        return new ToyOs(new PcMachine(gate, interrupts), maker).boot(options);
    }

    /** As {@link #run(MachineKind, JvmPlatform, BootOptions)}, on any platform with virtio devices on hypercalls. */
    public static int run(Platform platform, HypercallGate gate, BootOptions options) throws IOException {
        InterruptController interrupts = new InterruptController(platform, false);
        Hypercalls hypercalls = Hypercalls.attach(gate, interrupts);
        HypercallDevices devices = new HypercallDevices(hypercalls, interrupts);
        return new ToyOs(
                        new HypercallMachine(hypercalls, interrupts),
                        (scheduler, log) -> new VirtioHardware(devices, interrupts, scheduler, log))
                .boot(options);
    }

    private int boot(BootOptions options) {
        int status;
        try {
            status = work(options);
        } catch (IOException failure) {
            kernel.console().line("kernel: panic: " + failure.getMessage());
            status = BOOT_FAILED;
        }
        machine.powerOff(status);
        return status;
    }

    private int work(BootOptions options) throws IOException {
        hardware.start(options);
        Network network = hardware.network();
        Devices devices = new Devices(hardware.choose(options), hardware.terminal(), network, hardware.statistics());
        if (network != null) {
            network.start(options.network().fixed());
        }
        try {
            return kernel.run(devices, options.script().toArray(new String[0]));
        } finally {
            hardware.stop();
        }
    }
}
