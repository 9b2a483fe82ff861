// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The main job of this project in one run: toy OSes boot in processes of their own against the backend, and do through
 * virtqueues what one does with a disk, a console and a network. The host verifies what came of it, and shows what was
 * measured.
 */
public final class Demo {
    // About what the parts take of the whole.
    private static final int FILES_END = 60;
    private static final int CONSOLE_END = 75;

    private final DemoSettings settings;
    private final Progress progress;

    public Demo(DemoSettings settings, Progress progress) {
        this.settings = settings;
        this.progress = progress;
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
            progress.line("paravirt demo: a toy OS and its virtio disk, console and network");
            progress.line("");
            checkJson();
            DemoImage image = image(folder.path());
            FilesPart files = new FilesPart(settings, progress, image);
            ConsolePart console = new ConsolePart(settings, progress);
            NetworkPart network = new NetworkPart(settings, progress);
            progress.part(0, FILES_END);
            List<Check> checks = new ArrayList<>(files.run(folder));
            progress.part(FILES_END, CONSOLE_END);
            checks.addAll(console.run(folder));
            progress.part(CONSOLE_END, 100);
            checks.addAll(network.run(folder));
            progress.now("measuring eventfd round trips");
            EventfdRoundTrip roundTrip = EventfdRoundTrip.measure(folder, settings.eventfdRounds());
            progress.line("");
            List<WorkloadRow> workloads = files.workloads();
            List<ThroughputRow> throughput = new ArrayList<>();
            fastest(workloads).ifPresent(row -> throughput.add(ThroughputRow.of(row)));
            throughput.addAll(network.throughput());
            throughput.addAll(console.throughput());
            DemoReport report =
                    new DemoReport(settings, image, workloads, throughput, roundTrip, checks, progress.seconds());
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

    private static Optional<WorkloadRow> fastest(List<WorkloadRow> rows) {
        return rows.stream().max(Comparator.comparingDouble(WorkloadRow::megabytesPerSecond));
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
}
