// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The main job of this project in one run: a toy OS boots in its own process against the backend, works on files and
 * measures a disk through virtqueues, and then the host verifies what is in the image.
 */
public final class Demo {
    private static final String DEPTHS = "1,4,32";
    private static final int MEASUREMENTS = 4 * 3;
    private static final int BLOCK = 4096;
    private static final long SCRATCH_BYTES = 64L << 20;
    private static final long MOST_BYTES_READ_BY_GUEST = 256L << 20;

    private final DemoSettings settings;
    private final Progress progress;
    private final GuestConsole console;

    public Demo(DemoSettings settings, Progress progress) {
        this.settings = settings;
        this.progress = progress;
        console = new GuestConsole(progress);
    }

    /**
     * Runs it from start to end, and prints what happens.
     *
     * @return whether every check held
     * @throws DemoException if it cannot start as it was asked to
     * @throws IOException if it broke down
     */
    public boolean run() throws DemoException, IOException, InterruptedException {
        try (WorkFolder folder = WorkFolder.create()) {
            progress.line("paravirt demo: a toy OS does disk I/O through virtqueues");
            progress.line("");
            checkJson();
            DemoImage image = image(folder.path());
            FileScript script = FileScript.create(
                    image.directory(), settings.seed(), settings.mostFileBytes(), Charsets.namesAreUnicode());
            List<Check> checks = runGuest(folder, image, script);
            progress.now("measuring eventfd round trips");
            EventfdRoundTrip roundTrip = EventfdRoundTrip.measure(folder, settings.eventfdRounds());
            progress.now("verifying the image");
            Verification verification = new Verification(image, script, console, folder.path());
            checks.addAll(verification.checks());
            List<WorkloadRow> rows = measured();
            checks.add(checkWorkloads(rows));
            DemoReport report = new DemoReport(settings, image, rows, roundTrip, checks, progress.seconds());
            report.print(progress);
            Path json = settings.json();
            if (json != null) {
                Files.writeString(json, report.json(), StandardCharsets.UTF_8);
            }
            return report.passed();
        } finally {
            progress.close();
        }
    }

    /** Better now than when all is done. */
    private void checkJson() throws DemoException {
        Path json = settings.json();
        Path folder = json == null ? null : json.toAbsolutePath().getParent();
        if (json != null && (Files.isDirectory(json) || folder == null || !Files.isWritable(folder))) {
            throw new DemoException("--json " + json + ": no file can be written there");
        }
    }

    private DemoImage image(Path folder) throws DemoException, IOException, InterruptedException {
        progress.now("preparing the image");
        Path disk = settings.disk();
        Path keep = settings.keep();
        DemoImage image;
        if (disk != null) {
            image = DemoImage.take(disk, 8L * settings.mostFileBytes());
            Optional<String> fault = Verification.fault(disk);
            if (fault.isPresent()) {
                throw new DemoException(
                        "--disk " + disk + ": fsck.vfat -n finds a fault: " + fault.get() + "; repair it first");
            }
        } else {
            image = DemoImage.make(keep != null ? keep : folder.resolve("demo.img"), folder, settings.seed());
        }
        progress.line("  image       " + (disk == null && keep == null ? "" : image.file() + ": ")
                + Sizes.text(Files.size(image.file())) + " FAT32, " + image.origin());
        return image;
    }

    private List<Check> runGuest(WorkFolder folder, DemoImage image, FileScript script)
            throws DemoException, IOException, InterruptedException {
        List<String> commands = commands(image, script);
        Path socket = folder.path().resolve("hypervisor");
        progress.now("booting the toy OS");
        try (Hypervisor hypervisor = Hypervisor.start(socket, image.file(), SCRATCH_BYTES, console)) {
            progress.line("  hypervisor  process " + ProcessHandle.current().pid()
                    + ": virtio block devices on the image and on " + Sizes.text(SCRATCH_BYTES) + " of memory");
            Guest guest = Guest.boot(folder, socket, commands);
            progress.line("  toy OS      process " + guest.pid() + ", which shares memory and doorbells with it");
            int status = guest.await();
            boolean clean = status == 0 && hypervisor.powerOffCode().orElse(-1) == 0;
            List<Check> checks = new ArrayList<>();
            checks.add(new Check("the toy OS powered off cleanly", clean ? "" : lastWords(guest, status)));
            checks.add(checkCommands(commandsThatReport(commands)));
            if (checks.stream().allMatch(Check::holds)) {
                progress.line("  files       " + script.summary() + ", in " + image.directory());
            }
            progress.line("");
            return checks;
        }
    }

    private Check checkCommands(long expected) {
        List<String> failures = console.failures();
        return Check.that(
                "all " + expected + " commands succeeded",
                failures.isEmpty() && console.commands() == expected,
                failures.isEmpty() ? "only " + console.commands() + " came to an end" : String.join("; ", failures));
    }

    /** {@code wait} is no command of its own. */
    private static long commandsThatReport(List<String> commands) {
        return commands.stream().filter(command -> !command.equals("wait")).count();
    }

    private List<String> commands(DemoImage image, FileScript script) {
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

    /** The workloads behind those that only warmed the compilers up. */
    private List<WorkloadRow> measured() {
        List<WorkloadRow> all = console.workloads();
        return all.subList(Math.max(0, all.size() - MEASUREMENTS), all.size());
    }

    private static Check checkWorkloads(List<WorkloadRow> rows) {
        boolean good =
                rows.size() == MEASUREMENTS && rows.stream().allMatch(row -> row.requests() > 0 && row.errors() == 0);
        long requests = rows.stream().mapToLong(WorkloadRow::requests).sum();
        return Check.that(
                String.format(Locale.ROOT, "%,d measured requests, none failed", requests),
                good,
                rows.size() + " of " + MEASUREMENTS + " workloads ran, "
                        + rows.stream().mapToLong(WorkloadRow::errors).sum() + " requests failed");
    }

    private String lastWords(Guest guest, int status) throws IOException {
        List<String> words = new ArrayList<>(List.of("it ended with status " + status + "; its last words:"));
        words.addAll(console.lastLines());
        words.addAll(guest.errors());
        return String.join("\n        ", words);
    }
}
