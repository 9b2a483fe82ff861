// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.toyos;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.console.ConsoleDevice;
import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.console.NamedEnd;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.net.wire.Wire;
import dev.paravirt.backend.transport.hypercall.LocalGuest;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.toyos.boot.BootOptions;
import dev.paravirt.toyos.boot.ToyOs;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A machine with the toy OS in it, and a terminal to sit at: from power on to power off. */
public final class ToyOsMachine {
    /** What {@link #run} returns when the user left. */
    public static final int LEFT = 130;

    private static final String ROOT = "root";
    private static final String SCRATCH = "scratch";
    private static final String MAC = "52:54:00:12:34:56";
    private static final int PAGE = 4096;
    private static final int BOOT_FAILED = 70;

    private final ToyOsSettings settings;
    private final PrintStream errors;
    private final KernelMessages messages = new KernelMessages();
    private final CompletableFuture<Integer> end = new CompletableFuture<>();

    /** @param errors where to say what is wrong, once the terminal is the user's again */
    public ToyOsMachine(ToyOsSettings settings, PrintStream errors) {
        this.settings = settings;
        this.errors = errors;
    }

    /**
     * Runs it.
     *
     * @return the code that the guest powered off with; {@link #LEFT}
     * @throws IllegalArgumentException if the settings make no sense
     * @throws IOException if a disk, a console or a network cannot be opened
     */
    public int run() throws IOException, InterruptedException {
        List<VirtioDevice> devices = new ArrayList<>();
        boolean person = isPersonHere();
        boolean standard = settings.console() == null || settings.console().equals("stdio");
        try (Arena arena = Arena.ofShared()) {
            GuestMemory memory = new GuestMemory(new MemoryRegion(0, arena.allocate(settings.memory(), PAGE)));
            try {
                addDisks(devices);
                addNetwork(devices);
                devices.add(new ConsoleDevice(console(standard && !person), 0, 0));
            } catch (IOException | RuntimeException failure) {
                for (VirtioDevice device : devices) {
                    device.close();
                }
                throw failure;
            }
            int status = run(memory, devices, standard && !person);
            if (status == BOOT_FAILED) {
                messages.lines().forEach(errors::println);
            }
            return status;
        }
    }

    /** Whether standard input and output are a terminal: without one there is no console, or just one in name. */
    @SuppressWarnings("SystemConsoleNull")
    private static boolean isPersonHere() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    private int run(GuestMemory memory, List<VirtioDevice> devices, boolean plain)
            throws IOException, InterruptedException {
        String scratch = settings.scratch() > 0 ? SCRATCH : null;
        BootOptions options = new BootOptions(ROOT, scratch, plain, settings.address(), settings.commands());
        HeldErrors held = new HeldErrors();
        try (LocalGuest guest =
                LocalGuest.start(memory, devices, 1, MachineOptions.DEFAULT.withConsole(messages::print))) {
            JvmPlatform platform = JvmPlatform.of(memory, guest::hypercall, guest::notify, guest::waitForInterrupt);
            Thread.ofPlatform().name("toy-os").daemon().start(() -> {
                try {
                    end.complete(ToyOs.run(platform, platform, options));
                } catch (IOException | RuntimeException | Error failure) {
                    end.completeExceptionally(failure);
                }
            });
            return end.get();
        } catch (ExecutionException failure) {
            throw new IOException("the toy OS crashed: " + failure.getCause(), failure);
        } finally {
            held.close();
        }
    }

    private void addDisks(List<VirtioDevice> devices) throws IOException {
        BlockImage image =
                settings.disk() == null ? FreshDisk.create() : BlockImage.open(settings.disk(), settings.readOnly());
        devices.add(new BlockDevice(image, new BlockOptions().serial(ROOT)));
        if (settings.scratch() > 0) {
            devices.add(new BlockDevice(new MemoryImage(settings.scratch()), new BlockOptions().serial(SCRATCH)));
        }
    }

    private void addNetwork(List<VirtioDevice> devices) throws IOException {
        Wire wire = settings.net();
        if (wire != null) {
            if (!wire.isNone()) {
                devices.add(new NetDevice(wire.open(), new NetOptions(MAC)));
            }
            return;
        }
        // Nobody asked for a network: a machine without is better than none.
        if (!Passt.isInstalled()) {
            errors.println("paravirt toy-os: no network: passt is not installed (Debian: apt-get install passt);"
                    + " --net names other ways");
            return;
        }
        try {
            devices.add(new NetDevice(Wire.parse("user").open(), new NetOptions(MAC)));
        } catch (IOException failure) {
            errors.println("paravirt toy-os: no network: " + failure.getMessage());
        }
    }

    private ConsoleEnd console(boolean pipe) throws IOException {
        if (pipe) {
            return new PipeEnd(System.in, System.out);
        }
        String name = settings.console() == null ? "stdio" : settings.console();
        NamedEnd named = NamedEnd.open(name, () -> end.complete(LEFT));
        if (!name.equals("stdio")) {
            errors.println("paravirt toy-os: " + named.description());
        }
        return named.end();
    }
}
