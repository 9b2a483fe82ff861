// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.platform.HypercallGate;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.Features;
import dev.paravirt.toyos.kernel.Disks;
import dev.paravirt.toyos.kernel.Kernel;
import dev.paravirt.toyos.kernel.Scheduler;
import dev.paravirt.toyos.kernel.ScratchDisk;
import dev.paravirt.toyos.programs.Programs;
import dev.paravirt.toyos.programs.Report;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Boots the toy OS: finds its disks by hypercall, starts a driver for each, and runs the kernel on them. */
public final class ToyOs {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int BOOT_FAILED = 70;
    private static final int HYPERVISOR_GONE = 71;

    private final Platform platform;
    private final Hypercalls hypercalls;
    private final InterruptController interrupts;
    private final HypercallMachine machine;
    private final Scheduler scheduler;
    private final Kernel kernel;

    private record Disk(String id, BlockDriver driver, DriverVolume volume) {}

    private ToyOs(Platform machinePlatform, HypercallGate gate) throws IOException {
        interrupts = new InterruptController(machinePlatform);
        platform = interrupts;
        hypercalls = Hypercalls.attach(gate, platform);
        machine = new HypercallMachine(hypercalls, interrupts);
        scheduler = new Scheduler(machine);
        kernel = new Kernel(machine, scheduler, Programs.all());
    }

    /**
     * A guest in a process of its own: {@code SOCKET [root=ID] [scratch=ID] COMMAND...}. Its exit status is that of the
     * first program.
     */
    public static void main(String[] arguments) {
        if (arguments.length == 0) {
            System.err.println("usage: ToyOs SOCKET [root=ID] [scratch=ID] COMMAND...");
            System.exit(2);
        }
        // A machine whose hypervisor is gone is gone too, whichever task notices.
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            System.err.println("toyos: " + thread.getName() + ": " + failure);
            Runtime.getRuntime().halt(HYPERVISOR_GONE);
        });
        List<String> words = Arrays.asList(arguments);
        BootOptions options = BootOptions.parse(words.subList(1, words.size()));
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
     * @return the exit code: 0 if every command succeeded, 1 if one did not, 70 if the kernel could not mount its volume,
     *     or not write it back
     * @throws IOException if there is no hypervisor to call
     */
    public static int run(Platform platform, HypercallGate gate, BootOptions options) throws IOException {
        ToyOs system = new ToyOs(platform, gate);
        int status;
        try {
            Disks disks = system.choose(system.startDisks(), options);
            status = system.kernel.run(disks, options.script().toArray(new String[0]));
        } catch (IOException failure) {
            system.kernel.console().line("kernel: panic: " + failure.getMessage());
            status = BOOT_FAILED;
        }
        system.machine.powerOff(status);
        return status;
    }

    private List<Disk> startDisks() throws IOException {
        List<Disk> disks = new ArrayList<>();
        BlockDriverOptions options = BlockDriverOptions.DEFAULT.withLines(InterruptController.LINE, 1);
        for (int device = hypercalls.find(DeviceType.BLOCK, 0);
                device >= 0;
                device = hypercalls.find(DeviceType.BLOCK, device + 1)) {
            HypercallTransport transport = HypercallTransport.open(hypercalls, platform, device);
            BlockDriver driver = BlockDriver.start(transport, platform, options);
            String id = driver.deviceId();
            DriverVolume volume = new DriverVolume(driver, platform, scheduler);
            interrupts.add(volume);
            disks.add(new Disk(id, driver, volume));
            announce(id, driver);
        }
        return disks;
    }

    private void announce(String id, BlockDriver driver) {
        String ring = driver.features().has(Features.RING_PACKED) ? "packed" : "split";
        kernel.console()
                .line("kernel: " + driver.name() + " \"" + id + "\": " + driver.capacity() + " sectors, "
                        + (driver.readOnly() ? "read-only, " : "") + ring + " ring");
        kernel.console()
                .line(Report.event("disk")
                        .field("id", id)
                        .field("sectors", driver.capacity())
                        .field("readOnly", driver.readOnly())
                        .field("ring", ring)
                        .toString());
    }

    private Disks choose(List<Disk> disks, BootOptions options) throws IOException {
        String rootId = options.root();
        if (rootId == null && disks.isEmpty()) {
            throw new IOException("this machine has no block device");
        }
        Disk root = rootId == null ? disks.getFirst() : find(disks, rootId);
        String scratchId = options.scratch();
        if (scratchId == null) {
            return new Disks(root.volume(), null);
        }
        if (scratchId.equals(root.id())) {
            throw new IOException("the disk \"" + scratchId + "\" cannot be root and scratch disk at once");
        }
        DriverVolume scratch = find(disks, scratchId).volume();
        return new Disks(root.volume(), new ScratchDisk(scratch, scratch::doorbells, scratch::interrupts));
    }

    private static Disk find(List<Disk> disks, String id) throws IOException {
        for (Disk disk : disks) {
            if (disk.id().equals(id)) {
                return disk;
            }
        }
        throw new IOException("no block device has the id \"" + id + "\"; there are "
                + disks.stream().map(Disk::id).toList());
    }
}
