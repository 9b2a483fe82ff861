// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.toyos.fat32.VolumeCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads the image back on the host after the guest has ended, and holds it against what must be in it. */
final class Verification {
    private static final int MOST_DIFFERENCES = 5;

    private final DemoImage image;
    private final SortedMap<String, FileDigest> expected;
    private final GuestConsole console;
    private final Path scratch;
    private final FileScript script;

    Verification(DemoImage image, FileScript script, GuestConsole console, Path scratch) {
        this.image = image;
        this.script = script;
        this.console = console;
        this.scratch = scratch;
        expected = new TreeMap<>(image.before());
        expected.putAll(script.expected());
    }

    List<Check> checks() throws IOException, InterruptedException {
        List<Check> checks = new ArrayList<>();
        SortedMap<String, FileDigest> work = script.expected();
        checks.add(guestCheck(work));
        String files =
                work.size() + " files of the toy OS and " + image.before().size() + " that were there before";
        try (HostVolume volume = HostVolume.openForReading(image.file())) {
            checks.add(new Check(files + " read back by our own FAT32 code", difference(volume.files())));
            VolumeCheck check = volume.check();
            checks.add(new Check(
                    "directories and allocation table agree",
                    check.faultless()
                            ? ""
                            : String.join("; ", check.problems()) + check.lostClusters() + " lost clusters"));
        } catch (IOException unreadable) {
            checks.add(new Check(files + " read back by our own FAT32 code", String.valueOf(unreadable.getMessage())));
        }
        Optional<MtoolsReader> mtools = MtoolsReader.find(scratch);
        if (mtools.isPresent()) {
            checks.add(new Check(files + " read back by mcopy", difference(readBy(mtools.get()))));
        }
        if (Tool.find("fsck.vfat").isPresent()) {
            checks.add(
                    new Check("fsck.vfat -n finds no fault", fault(image.file()).orElse("")));
        }
        return checks;
    }

    /** Tools that would have checked more, were they installed. */
    static List<String> missingTools() {
        return List.of("mkfs.vfat", "mcopy", "fsck.vfat").stream()
                .filter(tool -> Tool.find(tool).isEmpty())
                .toList();
    }

    /** What fsck.vfat finds in an image; empty if that is nothing, or if there is no fsck.vfat. */
    static Optional<String> fault(Path file) throws IOException, InterruptedException {
        Optional<Tool> fsck = Tool.find("fsck.vfat");
        if (fsck.isEmpty()) {
            return Optional.empty();
        }
        Tool.Outcome outcome = fsck.get().attempt("-n", file);
        return outcome.status() == 0
                ? Optional.empty()
                : Optional.of(outcome.output().lines().skip(1).findFirst().orElse("exit status " + outcome.status()));
    }

    private SortedMap<String, FileDigest> readBy(MtoolsReader mtools) throws InterruptedException {
        try {
            return mtools.files(image.file());
        } catch (IOException failure) {
            return new TreeMap<>(Map.of(String.valueOf(failure.getMessage()), new FileDigest(0, "")));
        }
    }

    private Check guestCheck(SortedMap<String, FileDigest> work) {
        Map<String, FileDigest> reported = console.files();
        long wrong = work.entrySet().stream()
                .filter(entry -> !entry.getValue().equals(reported.get(entry.getKey())))
                .count();
        // Of files that were there the guest reports those that it read: all, unless they are too many.
        wrong += image.before().entrySet().stream()
                .filter(entry -> reported.containsKey(entry.getKey()))
                .filter(entry -> !entry.getValue().equals(reported.get(entry.getKey())))
                .count();
        return Check.that(
                "the toy OS read in its files what the host expects",
                wrong == 0,
                wrong + " files differ or are missing");
    }

    private String difference(SortedMap<String, FileDigest> found) {
        List<String> differences = new ArrayList<>();
        for (String path : found.keySet()) {
            if (!expected.containsKey(path)) {
                differences.add(path + " should not be there");
            }
        }
        for (Map.Entry<String, FileDigest> entry : expected.entrySet()) {
            FileDigest there = found.get(entry.getKey());
            if (there == null) {
                differences.add(entry.getKey() + " is missing");
            } else if (!there.equals(entry.getValue())) {
                differences.add(entry.getKey() + " has other content (" + there.size() + " bytes, expected "
                        + entry.getValue().size() + ")");
            }
        }
        int more = differences.size() - MOST_DIFFERENCES;
        return String.join("; ", differences.subList(0, Math.min(differences.size(), MOST_DIFFERENCES)))
                + (more > 0 ? "; and " + more + " more" : "");
    }
}
