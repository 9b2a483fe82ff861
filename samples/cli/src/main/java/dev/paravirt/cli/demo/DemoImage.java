// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.fat32.Fat32Formatter;
import dev.paravirt.toyos.fat32.VolumeCheck;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;

/**
 * The FAT32 image that the guest boots from.
 *
 * @param origin where it came from, for people
 * @param before all files that were in it before the guest ran
 * @param directory where the guest works: a path in the image that did not exist before
 */
record DemoImage(Path file, String origin, SortedMap<String, FileDigest> before, String directory) {
    private static final long NEW_BYTES = 64L << 20;
    private static final String LABEL = "PARAVIRT";
    private static final String DIRECTORY = "/paravirt-demo";
    private static final int MOST_DIRECTORIES = 1000;

    /** Makes an image with a few files in it: with mkfs.vfat and mtools where they are, else with our own code. */
    static DemoImage make(Path file, Path scratch, long seed) throws IOException, InterruptedException, DemoException {
        Optional<Tool> mkfs = Tool.find("mkfs.vfat");
        Optional<Tool> mcopy = Tool.find("mcopy");
        try (FileVolume volume = FileVolume.create(file, NEW_BYTES)) {
            if (mkfs.isEmpty()) {
                Fat32Formatter.format(new BlockCache(volume, 1 << 20), LABEL, (int) seed);
            }
        } catch (FileAlreadyExistsException exists) {
            throw new DemoException(file + " exists already; delete it, or use it with --disk", exists);
        }
        if (mkfs.isPresent()) {
            mkfs.get().run("-F", 32, "-n", LABEL, file);
        }
        Map<String, byte[]> contents = contents(seed);
        if (mcopy.isPresent()) {
            copyIn(mcopy.get(), file, scratch, contents);
        } else {
            try (HostVolume volume = HostVolume.openForWriting(file)) {
                for (Map.Entry<String, byte[]> content : contents.entrySet()) {
                    volume.write(content.getKey(), content.getValue());
                }
            }
        }
        String origin = "new, formatted by " + (mkfs.isPresent() ? "mkfs.vfat" : "the toy OS's formatter")
                + ", filled by " + (mcopy.isPresent() ? "mcopy" : "the toy OS's FAT32 code");
        return look(file, origin);
    }

    /** Takes an image that somebody else made. */
    static DemoImage take(Path file, long bytesNeeded) throws DemoException {
        if (!Files.isRegularFile(file)) {
            throw new DemoException("--disk " + file + ": "
                    + (Files.exists(file) ? "this is no file" : "there is no such file")
                    + "; it takes an image of a FAT32 volume, as mkfs.vfat -F 32 makes it");
        }
        if (!Files.isReadable(file) || !Files.isWritable(file)) {
            throw new DemoException("--disk " + file + ": this user may not read and write it");
        }
        try (HostVolume volume = HostVolume.openForReading(file)) {
            VolumeCheck check = volume.check();
            if (!check.problems().isEmpty()) {
                throw new DemoException("--disk " + file + ": the FAT32 volume is damaged: "
                        + check.problems().getFirst() + "; repair it with fsck.vfat");
            }
            if (volume.freeBytes() < bytesNeeded) {
                throw new DemoException("--disk " + file + ": " + Sizes.text(volume.freeBytes())
                        + " are free, but the demo needs " + Sizes.text(bytesNeeded));
            }
            return look(file, "yours; all that is in it stays as it is");
        } catch (IOException failure) {
            throw new DemoException("--disk " + file + ": " + failure.getMessage(), failure);
        }
    }

    /** Notes what is in an image, and finds a name for the guest's directory. */
    private static DemoImage look(Path file, String origin) throws IOException, DemoException {
        try (HostVolume volume = HostVolume.openForReading(file)) {
            return new DemoImage(file, origin, volume.files(), freeName(volume));
        }
    }

    private static String freeName(HostVolume volume) throws IOException, DemoException {
        for (int i = 1; i <= MOST_DIRECTORIES; i++) {
            String name = i == 1 ? DIRECTORY : DIRECTORY + "-" + i;
            if (!volume.inRoot(name.substring(1))) {
                return name;
            }
        }
        throw new DemoException("the image holds the directories of " + MOST_DIRECTORIES + " demos; delete some");
    }

    private static void copyIn(Tool mcopy, Path image, Path scratch, Map<String, byte[]> contents)
            throws IOException, InterruptedException {
        Path source = Files.createTempDirectory(scratch, "source");
        for (Map.Entry<String, byte[]> content : contents.entrySet()) {
            Path target = source.resolve(content.getKey().substring(1));
            Files.createDirectories(target.resolveSibling("."));
            Files.write(target, content.getValue());
        }
        mcopy.run("-s", "-i", image, source.resolve("README.TXT"), source.resolve("made by the host"), "::/");
        Folders.delete(source);
    }

    private static Map<String, byte[]> contents(long seed) {
        byte[] data = new byte[300_000];
        new SplittableRandom(seed).nextBytes(data);
        Map<String, byte[]> contents = new LinkedHashMap<>();
        contents.put(
                "/README.TXT", "This volume was made for a demo of paravirt.\n".getBytes(StandardCharsets.US_ASCII));
        contents.put("/made by the host/Some random bytes.data", data);
        contents.put("/made by the host/nothing", new byte[0]);
        return contents;
    }
}
