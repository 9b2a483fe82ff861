// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.traffic;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Counts what this process has open, or mapped, that our code could have leaked; class loading opens files of its own. */
public final class OpenDescriptors {
    /** Pipes are not among them: they also lead to child processes, whose closing is the JVM's affair. */
    private static final List<String> KINDS = List.of("socket:", "anon_inode:", "/memfd:");

    private OpenDescriptors() {}

    /**
     * Counts sockets, memory files, eventfds and their like.
     *
     * @param others what else counts: another kind, such as {@code pipe:}, or the path of a file
     */
    public static long count(String... others) throws IOException {
        List<String> counted = Stream.concat(KINDS.stream(), Stream.of(others)).toList();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors
                    .map(OpenDescriptors::target)
                    .filter(target -> counted.stream().anyMatch(target::startsWith))
                    .count();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    /** Counts mappings of memory files. */
    public static long mappings() throws IOException {
        try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
            return mappings.filter(mapping -> mapping.contains("/memfd:")).count();
        }
    }
}
