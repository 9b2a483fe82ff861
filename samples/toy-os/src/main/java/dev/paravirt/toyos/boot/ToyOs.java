// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.platform.HypercallGate;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.kernel.Devices;
import dev.paravirt.toyos.kernel.Kernel;
import dev.paravirt.toyos.kernel.Network;
import dev.paravirt.toyos.kernel.Scheduler;
import dev.paravirt.toyos.programs.Programs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Boots the toy OS: finds its devices by hypercall, starts a driver for each, and runs the kernel on them. */
public final class ToyOs {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int BOOT_FAILED = 70;
    private static final int HYPERVISOR_GONE = 71;

    private final Hypercalls hypercalls;
    private final InterruptController interrupts;
    private final HypercallMachine machine;
    private final Kernel kernel;
    private final DiskStarter disks;
    private final ConsoleStarter consoles;
    private final NetworkStarter networks;

    private ToyOs(Platform machinePlatform, HypercallGate gate, BootOptions options) throws IOException {
        interrupts = new InterruptController(machinePlatform);
        hypercalls = Hypercalls.attach(gate, interrupts);
        machine = new HypercallMachine(hypercalls, interrupts);
        Scheduler scheduler = new Scheduler(machine);
        kernel = new Kernel(machine, scheduler, Programs.all());
        disks = new DiskStarter(interrupts, scheduler, kernel.console());
        consoles = new ConsoleStarter(interrupts, scheduler, kernel.console(), options.plain());
        networks = new NetworkStarter(interrupts, scheduler, kernel.console());
    }

    /**
     * A guest in a process of its own: {@code SOCKET [root=ID] [scratch=ID] [plain] [net=MODE] COMMAND...}. Its exit status is that of the
     * first program.
     */
    public static void main(String[] arguments) {
        if (arguments.length == 0) {
            System.err.println("usage: ToyOs SOCKET [root=ID] [scratch=ID] [plain]"
                    + " [net=dhcp|none|ADDRESS/PREFIX[,gateway=A][,dns=A]] COMMAND...");
            System.exit(2);
        }
        // A machine whose hypervisor is gone is gone too, whichever task notices.
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            System.err.println("toyos: " + thread.getName() + ": " + failure);
            Runtime.getRuntime().halt(HYPERVISOR_GONE);
        });
        List<String> words = Arrays.asList(arguments);
        BootOptions options;
        try {
            options = BootOptions.parse(words.subList(1, words.size()));
        } catch (IllegalArgumentException wrong) {
            System.err.println("toyos: " + wrong.getMessage());
            System.exit(2);
            return;
        }
        try (GuestProcess process = GuestProcess.attach(Path.of(arguments[0]), PATIENCE)) {
            JvmPlatform jvm = JvmPlatform.of(process);
            int status = run(jvm, jvm, options);
            System.exit(status);
        } catch (IOException failure) {
            System.err.println("toyos: " + failure.getMessage());
            System.exit(BOOT_FAILED);
        }
    }

    /**
     * Boots on any platform, runs the script, and powers off. The caller becomes the first task. Interrupt line 0 is the
     * kernel's.
     *
     * @return the exit code: that of poweroff, or else 0 if every command succeeded, 1 if one did not, 70 if the kernel could not mount its volume,
     *     or not write it back
     * @throws IOException if there is no hypervisor to call
     */
    public static int run(Platform platform, HypercallGate gate, BootOptions options) throws IOException {
        ToyOs system = new ToyOs(platform, gate, options);
        int status;
        try {
            status = system.run(options);
        } catch (IOException failure) {
            system.kernel.console().line("kernel: panic: " + failure.getMessage());
            status = BOOT_FAILED;
        }
        system.machine.powerOff(status);
        return status;
    }

    private int run(BootOptions options) throws IOException {
        startDevices(options.network().enabled() ? List.of(disks, consoles, networks) : List.of(disks, consoles));
        List<DeviceStatistics> statistics = new ArrayList<>(disks.statistics());
        statistics.addAll(consoles.statistics());
        statistics.addAll(networks.statistics());
        Network network = networks.network();
        Devices devices =
                new Devices(disks.choose(options.root(), options.scratch()), consoles.terminal(), network, statistics);
        if (network != null) {
            network.start(options.network().fixed());
        }
        try {
            return kernel.run(devices, options.script().toArray(new String[0]));
        } finally {
            networks.stop();
        }
    }

    /** Offers each device to the starter of its type; those that nobody knows stay as they are. */
    private void startDevices(List<DeviceStarter> starters) throws IOException {
        int devices = hypercalls.deviceCount();
        for (int device = 0; device < devices; device++) {
            int type = hypercalls.describe(device).deviceType();
            for (DeviceStarter starter : starters) {
                if (starter.deviceType() == type) {
                    starter.start(HypercallTransport.open(hypercalls, interrupts, device));
                }
            }
        }
    }
}
