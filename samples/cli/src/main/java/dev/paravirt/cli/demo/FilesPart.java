// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.blk.ImageLockedException;
import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.device.VirtioDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The block device's part of the demo: a guest works on files in the image, and measures a second disk. */
final class FilesPart {
    private static final String SCRATCH_ID = "scratch";
    private static final String DEPTHS = "1,4,32";
    private static final int MEASUREMENTS = 4 * 3;
    private static final int BLOCK = 4096;
    private static final long SCRATCH_BYTES = 64L << 20;
    private static final long MOST_BYTES_READ_BY_GUEST = 256L << 20;

    private final DemoSettings settings;
    private final Progress progress;
    private final DemoImage image;
    private final FileScript script;
    private final GuestConsole console;

    FilesPart(DemoSettings settings, Progress progress, DemoImage image) {
        this.settings = settings;
        this.progress = progress;
        this.image = image;
        script = FileScript.create(
                image.directory(), settings.seed(), settings.mostFileBytes(), Charsets.namesAreUnicode());
        console = new GuestConsole(progress);
    }

    /** Runs the guest and verifies what it left in the image. */
    List<Check> run(WorkFolder folder) throws DemoException, IOException, InterruptedException {
        List<Check> checks = runGuest(folder);
        progress.now("verifying the image");
        checks.addAll(new Verification(image, script, console, folder.path()).checks());
        checks.add(checkWorkloads());
        return checks;
    }

    private List<Check> runGuest(WorkFolder folder) throws DemoException, IOException, InterruptedException {
        List<String> commands = commands();
        progress.now("booting the toy OS");
        List<String> arguments = new ArrayList<>(List.of("scratch=" + SCRATCH_ID));
        arguments.addAll(commands);
        try (Guest guest = Guest.boot(folder, "files", disks(), console, arguments)) {
            progress.line("  hypervisor  process " + ProcessHandle.current().pid()
                    + ": virtio block devices on the image and on " + Sizes.text(SCRATCH_BYTES) + " of memory");
            progress.line("  toy OS      process " + guest.pid() + ", which shares memory and doorbells with it");
            List<Check> checks = new ArrayList<>();
            checks.add(guest.awaitEnd("the toy OS powered off cleanly", 0));
            checks.add(console.checkCommands(
                    "all %d commands succeeded",
                    commands.stream().filter(command -> !command.equals("wait")).count()));
            if (checks.stream().allMatch(Check::holds)) {
                progress.line("  files       " + script.summary() + ", in " + image.directory());
            }
            return checks;
        }
    }

    private List<VirtioDevice> disks() throws IOException, DemoException {
        BlockDevice scratch = new BlockDevice(new MemoryImage(SCRATCH_BYTES), new BlockOptions().serial(SCRATCH_ID));
        return List.of(new BlockDevice(open(image.file()), new BlockOptions().serial(Guest.ROOT_ID)), scratch);
    }

    private static BlockImage open(Path image) throws IOException, DemoException {
        try {
            return BlockImage.open(image, false);
        } catch (ImageLockedException inUse) {
            throw new DemoException(String.valueOf(inUse.getMessage()), inUse);
        }
    }

    private List<String> commands() {
        List<String> commands = new ArrayList<>();
        commands.add("ls /");
        long existing =
                image.before().values().stream().mapToLong(FileDigest::size).sum();
        if (existing <= MOST_BYTES_READ_BY_GUEST) {
            commands.add("sha256 /");
        }
        commands.addAll(script.commands());
        commands.add("sha256 \"" + image.directory() + "\"");
        commands.add("ps");
        // What is measured first is warmed up last.
        commands.add(measure("sequential-write,random-write,random-read", "32,1", settings.warmUpMillis() / 6));
        commands.add(measure("all", DEPTHS, settings.workloadMillis()));
        return commands;
    }

    private static String measure(String operations, String depths, int millis) {
        return String.format(Locale.ROOT, "blockbench %s %s %d %d", operations, depths, BLOCK, millis);
    }

    /** The workloads that were measured, behind those that only warmed the compilers up. */
    List<WorkloadRow> workloads() {
        List<WorkloadRow> all = console.workloads();
        return all.subList(Math.max(0, all.size() - MEASUREMENTS), all.size());
    }

    private Check checkWorkloads() {
        List<WorkloadRow> rows = workloads();
        boolean good =
                rows.size() == MEASUREMENTS && rows.stream().allMatch(row -> row.requests() > 0 && row.errors() == 0);
        long requests = rows.stream().mapToLong(WorkloadRow::requests).sum();
        return Check.that(
                String.format(Locale.ROOT, "%,d measured requests, none failed", requests),
                good,
                rows.size() + " of " + MEASUREMENTS + " workloads ran, "
                        + rows.stream().mapToLong(WorkloadRow::errors).sum() + " requests failed");
    }
}
