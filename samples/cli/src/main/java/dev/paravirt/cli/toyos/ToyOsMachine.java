// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.toyos;

import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.console.NamedEnd;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.wire.Wire;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.toyos.boot.BootOptions;
import dev.paravirt.toyos.boot.ToyOs;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A machine with the toy OS in it, and a terminal to sit at: from power on to power off. */
public final class ToyOsMachine {
    /** What {@link #run} returns when the user left. */
    public static final int LEFT = 130;

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
        boolean person = isPersonHere();
        boolean standard = settings.console() == null || settings.console().equals("stdio");
        try (Arena arena = Arena.ofShared()) {
            GuestMemory memory = new GuestMemory(new MemoryRegion(0, arena.allocate(settings.memory(), PAGE)));
            int status = run(memory, parts(standard && !person), standard && !person);
            if (status == BOOT_FAILED) {
                messages.lines().forEach(errors::println);
            }
            return status;
        }
    }

    /** What is opened belongs to nobody until all of it is. */
    private MachineParts parts(boolean pipe) throws IOException {
        BlockImage root =
                settings.disk() == null ? FreshDisk.create() : BlockImage.open(settings.disk(), settings.readOnly());
        NetBackend network = null;
        try {
            network = network();
            BlockImage scratch = settings.scratch() > 0 ? new MemoryImage(settings.scratch()) : null;
            return new MachineParts(root, scratch, network, MAC, console(pipe));
        } catch (IOException | RuntimeException failure) {
            root.close();
            if (network != null) {
                network.close();
            }
            throw failure;
        }
    }

    /** Whether standard input and output are a terminal: without one there is no console, or just one in name. */
    @SuppressWarnings("SystemConsoleNull")
    private static boolean isPersonHere() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    private int run(GuestMemory memory, MachineParts parts, boolean plain) throws IOException, InterruptedException {
        String scratch = parts.scratch() == null ? null : MachineParts.SCRATCH;
        BootOptions options =
                new BootOptions(MachineParts.ROOT, scratch, plain, settings.address(), settings.commands());
        HeldErrors held = new HeldErrors();
        try (LocalMachine machine = LocalMachine.start(settings.machine(), memory, parts, messages::print)) {
            Thread.ofPlatform().name("toy-os").daemon().start(() -> {
                try {
                    end.complete(ToyOs.run(settings.machine(), machine.platform(), options));
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

    private @Nullable NetBackend network() throws IOException {
        Wire wire = settings.net();
        if (wire != null) {
            return wire.isNone() ? null : wire.open();
        }
        // Nobody asked for a network: a machine without is better than none.
        if (!Passt.isInstalled()) {
            errors.println("paravirt toy-os: no network: passt is not installed (Debian: apt-get install passt);"
                    + " --net names other ways");
            return null;
        }
        try {
            return Wire.parse("user").open();
        } catch (IOException failure) {
            errors.println("paravirt toy-os: no network: " + failure.getMessage());
            return null;
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
