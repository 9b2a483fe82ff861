// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A folder for files that nobody needs afterwards. */
public final class TemporaryFolder implements AutoCloseable {
    private final Path path;

    private TemporaryFolder(Path path) {
        this.path = path;
        // For when somebody loses patience.
        path.toFile().deleteOnExit();
    }

    /** Makes one where such folders go; its path is short enough for sockets. */
    public static TemporaryFolder make() throws IOException {
        return new TemporaryFolder(Files.createTempDirectory("paravirt"));
    }

    /** Makes one in another folder. */
    public static TemporaryFolder makeIn(Path folder) throws IOException {
        return new TemporaryFolder(Files.createTempDirectory(folder, "paravirt"));
    }

    /** Where a file of it is, or will be. */
    public Path resolve(String file) {
        return path.resolve(file);
    }

    /** Deletes it with all its files. */
    @Override
    public void close() throws IOException {
        try (Stream<Path> left = Files.list(path)) {
            for (Path file : left.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(path);
    }
}
