// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Reads a FAT32 image with mtools, which shares no line of code with the toy OS. */
record MtoolsReader(Tool mcopy, Path scratch) {
    private static final int CHUNK = 64 << 10;

    /** @param scratch a directory that may hold a copy of all files for a while */
    static Optional<MtoolsReader> find(Path scratch) {
        return Tool.find("mcopy").map(mcopy -> new MtoolsReader(mcopy, scratch));
    }

    /** All files of the volume by path. */
    SortedMap<String, FileDigest> files(Path image) throws IOException, InterruptedException {
        Path copy = Files.createTempDirectory(scratch, "mcopy");
        try {
            mcopy.run("-s", "-n", "-i", image, "::/", copy);
            SortedMap<String, FileDigest> files = new TreeMap<>();
            try (Stream<Path> paths = Files.walk(copy)) {
                for (Path path : (Iterable<Path>) paths.filter(Files::isRegularFile)::iterator) {
                    files.put("/" + copy.relativize(path), digest(path));
                }
            } catch (UncheckedIOException unreadable) {
                throw unreadable.getCause();
            }
            return files;
        } finally {
            Folders.delete(copy);
        }
    }

    private static FileDigest digest(Path path) throws IOException {
        MessageDigest sha256 = FileDigest.newSha256();
        byte[] chunk = new byte[CHUNK];
        long size = 0;
        try (InputStream in = Files.newInputStream(path)) {
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                sha256.update(chunk, 0, read);
                size += read;
            }
        }
        return FileDigest.of(size, sha256.digest());
    }
}
