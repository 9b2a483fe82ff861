// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Program;
import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.block.BlockVolume;
import dev.paravirt.toyos.block.CacheStatistics;
import dev.paravirt.toyos.fat32.Fat32Volume;
import dev.paravirt.toyos.fat32.VolumeSpace;
import java.io.IOException;
import java.util.Map;

/** Brings the system up on the disks that were found, runs its first program, and takes it down again. */
public final class Kernel {
    private static final int CACHE_BYTES = 4 << 20;
    private static final int INTERRUPTED = 130;
    private static final int TERMINATED = 143;
    private static final long LAST_WORDS_NANOS = 2_000_000_000L;
    private static final String FIRST_PROGRAM = "init";

    private final Machine machine;
    private final Scheduler scheduler;
    private final Console console;
    private final Map<String, Program> programs;

    /** The scheduler is there first: drivers wait with its help. */
    public Kernel(Machine machine, Scheduler scheduler, Map<String, Program> programs) {
        this.machine = machine;
        this.scheduler = scheduler;
        this.programs = programs;
        console = new Console(machine);
    }

    public Console console() {
        return console;
    }

    /**
     * Mounts the volume, runs the script, unmounts.
     *
     * @param devices what driver start-up found
     * @param script command lines for the first program
     * @return its exit status: 0 if all went well
     * @throws IOException if the volume cannot be mounted, or not be written back at the end
     */
    public int run(Devices devices, String[] script) throws IOException {
        BlockVolume root = devices.disks().root();
        BlockCache cache = new BlockCache(root, CACHE_BYTES);
        Fat32Volume.Access access = root.readOnly() ? Fat32Volume.Access.READ_ONLY : Fat32Volume.Access.READ_WRITE;
        int status;
        try (Fat32Volume volume = Fat32Volume.mount(cache, machine::epochMillis, access)) {
            VolumeSpace space = volume.space();
            console.line("kernel: mounted \"" + volume.label() + "\", " + space.freeBytes() + " of "
                    + space.totalBytes() + " bytes free");
            status = runFirstProgram(volume, devices, script);
        }
        CacheStatistics statistics = cache.statistics();
        console.line(
                "kernel: unmounted; block cache: " + statistics.hits() + " hits, " + statistics.misses() + " misses, "
                        + statistics.blocksWritten() + " blocks written in " + statistics.writeBacks() + " rounds");
        return status;
    }

    private int runFirstProgram(Fat32Volume volume, Devices devices, String[] script) {
        ProgramLoader loader = new ProgramLoader(scheduler, console, programs);
        Power power = new Power();
        loader.connect(systemCalls(volume, devices, loader, power));
        String[] words = new String[script.length + 1];
        words[0] = FIRST_PROGRAM;
        System.arraycopy(script, 0, words, 1, script.length);
        Terminal terminal = devices.terminal();
        Network network = devices.network();
        if (terminal != null) {
            terminal.onInterrupt(group -> loader.stopGroup(group, INTERRUPTED));
        }
        OpenDescriptor standard = terminal == null ? new OpenDescriptor.EarlyConsole(console) : terminal.descriptor();
        OpenDescriptor[] streams = {standard, standard, standard};
        int status = scheduler.join(loader.start(words, new Process(streams, "/", 0)));
        // Whatever the first program did not wait for may have files open still.
        loader.stopAll(TERMINATED);
        for (Task left : scheduler.tasks()) {
            if (left != scheduler.current() && (network == null || !network.runs(left))) {
                scheduler.join(left);
            }
        }
        if (network != null) {
            network.stop();
        }
        if (terminal != null) {
            terminal.flush(machine.monotonicNanos() + LAST_WORDS_NANOS);
        }
        return power.isOff() ? power.status() : status;
    }

    private SystemCalls systemCalls(Fat32Volume volume, Devices devices, ProgramLoader loader, Power power) {
        ScratchDisk scratch = devices.disks().scratch();
        KernelLock scratchLock = new KernelLock(scheduler);
        return new SystemCalls(
                scheduler,
                console,
                new FileCalls(volume, new KernelLock(scheduler), new DeviceFiles(scratch, scratchLock)),
                new ProcessCalls(scheduler, loader, power),
                new TerminalCalls(devices.terminal()),
                new InformationCalls(machine, console, devices.statistics()),
                new WorkloadCall(scratch, scheduler, machine, scratchLock),
                new SocketCalls(devices.network()),
                new NetworkCalls(devices.network()));
    }
}
