// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Who holds a lock on a file, for the message to the person who was refused it.
 *
 * <p>The kernel itself does not say: F_OFD_GETLK reports process -1 for a lock that belongs to an open file. But
 * /proc/PID/fdinfo shows the locks of each descriptor, to the same user and to root.
 */
public final class FileLockHolders {
    private static final Path PROC = Path.of("/proc");
    private static final int LONGEST_COMMAND = 120;

    private FileLockHolders() {}

    /**
     * Returns a phrase such as {@code "process 4711 (java -jar server.jar)"}, several of them joined, or
     * {@code "a process that is not visible to this user"}. Slow: it looks at every process.
     */
    public static String describe(PositionalFile file) {
        List<String> holders = new ArrayList<>();
        try {
            String suffix = ":" + FileStatus.of(file.descriptor(), file.path()).inode();
            collect(file.path(), suffix, holders);
        } catch (IOException | DirectoryIteratorException vanished) {
            return "a process that cannot be named (" + vanished.getMessage() + ")";
        }
        return holders.isEmpty() ? "a process that is not visible to this user" : String.join(" and ", holders);
    }

    private static void collect(Path locked, String inodeSuffix, List<String> holders) throws IOException {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                if (holdsLock(process, locked, inodeSuffix)) {
                    holders.add("process " + process.getFileName() + command(process));
                }
            }
        }
    }

    private static boolean holdsLock(Path process, Path locked, String inodeSuffix) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fdinfo"))) {
            for (Path info : descriptors) {
                if (showsLock(info, inodeSuffix) && isSameFile(process, info, locked)) {
                    return true;
                }
            }
        } catch (IOException | DirectoryIteratorException otherUsersOrEnded) {
            return false;
        }
        return false;
    }

    /** A line such as {@code "lock:	1: OFDLCK  ADVISORY  WRITE -1 fe:00:1234 0 EOF"}. */
    private static boolean showsLock(Path info, String inodeSuffix) {
        try {
            for (String line : Files.readAllLines(info, StandardCharsets.ISO_8859_1)) {
                if (line.startsWith("lock:") && line.contains(inodeSuffix + " ")) {
                    return true;
                }
            }
        } catch (IOException closedMeanwhile) {
            return false;
        }
        return false;
    }

    private static boolean isSameFile(Path process, Path info, Path locked) throws IOException {
        return Files.isSameFile(process.resolve("fd").resolve(info.getFileName().toString()), locked);
    }

    private static String command(Path process) {
        try {
            String line = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1)
                    .replace('\0', ' ')
                    .strip();
            return " (" + (line.length() > LONGEST_COMMAND ? line.substring(0, LONGEST_COMMAND) + "..." : line) + ")";
        } catch (IOException ended) {
            return " (just ended)";
        }
    }
}
