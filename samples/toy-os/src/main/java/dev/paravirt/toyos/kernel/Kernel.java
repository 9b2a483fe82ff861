// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Program;
import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.block.CacheStatistics;
import dev.paravirt.toyos.fat32.Fat32Volume;
import dev.paravirt.toyos.fat32.VolumeSpace;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Brings the system up on the disks that were found, runs its first program, and takes it down again. */
public final class Kernel {
    private static final int CACHE_BYTES = 4 << 20;
    private static final String FIRST_PROGRAM = "init";

    private final Machine machine;
    private final Scheduler scheduler;
    private final Console console;
    private final Map<String, Program> programs;
    private @Nullable Network network;

    /** The scheduler is there first: drivers wait with its help. */
    public Kernel(Machine machine, Scheduler scheduler, Map<String, Program> programs) {
        this.machine = machine;
        this.scheduler = scheduler;
        this.programs = programs;
        console = new Console(machine);
    }

    /** Gives programs a network; it was started. */
    public void connect(Network started) {
        network = started;
    }

    public Console console() {
        return console;
    }

    /**
     * Mounts the volume, runs the script, unmounts.
     *
     * @param disks what driver start-up found
     * @param script command lines for the first program
     * @return its exit status: 0 if all went well
     * @throws IOException if the volume cannot be mounted, or not be written back at the end
     */
    public int run(Disks disks, String[] script) throws IOException {
        BlockCache cache = new BlockCache(disks.root(), CACHE_BYTES);
        Fat32Volume.Access access =
                disks.root().readOnly() ? Fat32Volume.Access.READ_ONLY : Fat32Volume.Access.READ_WRITE;
        int status;
        try (Fat32Volume volume = Fat32Volume.mount(cache, machine::epochMillis, access)) {
            VolumeSpace space = volume.space();
            console.line("kernel: mounted \"" + volume.label() + "\", " + space.freeBytes() + " of "
                    + space.totalBytes() + " bytes free");
            status = runFirstProgram(volume, disks, script);
        }
        CacheStatistics statistics = cache.statistics();
        console.line(
                "kernel: unmounted; block cache: " + statistics.hits() + " hits, " + statistics.misses() + " misses, "
                        + statistics.blocksWritten() + " blocks written in " + statistics.writeBacks() + " rounds");
        return status;
    }

    private int runFirstProgram(Fat32Volume volume, Disks disks, String[] script) {
        ProgramLoader loader = new ProgramLoader(scheduler, console, programs);
        loader.connect(new SystemCalls(
                scheduler,
                machine,
                console,
                new FileCalls(volume, new KernelLock(scheduler), console),
                loader,
                new WorkloadCall(disks.scratch(), scheduler, machine),
                network));
        String[] words = new String[script.length + 1];
        words[0] = FIRST_PROGRAM;
        System.arraycopy(script, 0, words, 1, script.length);
        int status = scheduler.join(loader.start(words));
        for (Task left : scheduler.tasks()) {
            // Whatever the first program did not wait for may have files open still.
            if (left != scheduler.current() && (network == null || !network.runs(left))) {
                scheduler.join(left);
            }
        }
        if (network != null) {
            network.stop();
        }
        return status;
    }
}
