// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.blk;

import dev.paravirt.benchmarks.contest.Contender;
import dev.paravirt.benchmarks.contest.Contest;
import dev.paravirt.benchmarks.contest.ContestOptions;
import dev.paravirt.benchmarks.process.Conditions;
import dev.paravirt.benchmarks.process.ForeignProcess;
import dev.paravirt.benchmarks.process.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs block back-ends in turn, all of them under our driver and on the same image. */
@Command(
        name = "blk-compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Reads and writes 4 KiB at random places of a disk, one request at a time and 32 at once, through one queue"
                    + " of 256. The disk is a raw image behind vhost-user, which our back-end and QEMU's storage daemon"
                    + " (with threads, and with io_uring) serve in turn, through the page cache. The driver is ours,"
                    + " each in a process of its own. An idle machine of two processors or more is needed."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  All of it, 5 rounds of 3 s each; some seven minutes:",
            "    samples/benchmarks/blk-compare",
            "",
            "  An image of 1 GiB on a certain disk, longer, with a file of all figures:",
            "    samples/benchmarks/blk-compare --folder /mnt/disk --size 1024 \\",
            "      --rounds 9 --seconds 5 --json blk.json",
            "",
            "  Before all else that runs on the machine, and ours with packed rings too:",
            "    samples/benchmarks/blk-compare --packed --under 'chrt -r 1'"
        })
final class BlkCompare implements Callable<Integer> {
    private static final int[] DEPTHS = {1, 32};

    @Mixin
    private ContestOptions options = new ContestOptions(5);

    @Mixin
    private Conditions conditions = new Conditions(2, 3);

    @Option(
            names = "--folder",
            description = "where the image is made, and deleted in the end (default: ${DEFAULT-VALUE})")
    private Path folder = Path.of(System.getProperty("java.io.tmpdir"));

    @Option(names = "--size", paramLabel = "MIB", description = "of the image, in MiB (default: ${DEFAULT-VALUE})")
    private int size = 256;

    @Option(names = "--packed", description = "also ours with packed rings, which QEMU's does not know")
    private boolean packed;

    private BlkCompare() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new BlkCompare()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (options.rounds() < 1 || conditions.warmUp() < 0 || conditions.seconds() < 1 || size < 1) {
            System.err.println("--rounds, --seconds and --size are at least 1, --warm-up at least 0");
            return 2;
        }
        if (!ForeignProcess.isThere(StorageDaemon.PROGRAM, "qemu-system-common")) {
            return 1;
        }
        try (TemporaryFolder place = TemporaryFolder.makeIn(folder)) {
            DiskImage image = DiskImage.make(place.resolve("image"), size);
            String shape =
                    String.format("4 KiB at random of %d MiB in the page cache, %d s each", size, conditions.seconds());
            new Contest(options, shape, "thousand requests a second", contenders(image)).run();
        }
        return 0;
    }

    private List<Contender> contenders(DiskImage image) throws IOException, InterruptedException {
        boolean ringed = canUseIoUring(image);
        List<Contender> contenders = new ArrayList<>();
        for (boolean write : new boolean[] {false, true}) {
            for (int depth : DEPTHS) {
                addContenders(contenders, new Load(write, depth), image, ringed);
            }
        }
        return contenders;
    }

    private void addContenders(List<Contender> contenders, Load load, DiskImage image, boolean ringed) {
        List<Contender> daemons = new ArrayList<>();
        for (String aio : ringed ? List.of("threads", "io_uring") : List.of("threads")) {
            Trial trial = new Trial(new StorageDaemon(aio), false, load, image, conditions);
            daemons.add(new Contender(load.toString(), "QEMU's, " + aio, List.of(), trial));
        }
        contenders.addAll(daemons);
        Trial ours = new Trial(new OwnBackEnd(), false, load, image, conditions);
        contenders.add(new Contender(load.toString(), "ours", daemons, ours));
        if (packed) {
            Trial trial = new Trial(new OwnBackEnd(), true, load, image, conditions);
            contenders.add(new Contender(load.toString(), "ours, packed", daemons, trial));
        }
    }

    /** Where it is forbidden, or the daemon was built without, it says so at its start. */
    private boolean canUseIoUring(DiskImage image) throws IOException, InterruptedException {
        try (TemporaryFolder attempt = TemporaryFolder.make()) {
            BackEnd daemon = new StorageDaemon("io_uring");
            ForeignProcess.end(daemon.start(attempt, attempt.resolve("socket"), image.file(), conditions));
            return true;
        } catch (ForeignProcess.RefusedException refused) {
            System.err.println("without io_uring: " + refused.getMessage());
            return false;
        }
    }
}
