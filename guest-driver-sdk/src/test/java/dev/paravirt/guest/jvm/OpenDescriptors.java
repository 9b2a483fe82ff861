// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Counts what this process has open that this module could have leaked; class loading opens files of its own. */
public final class OpenDescriptors {
    private OpenDescriptors() {}

    public static long count() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(OpenDescriptors::isOurKind).count();
        }
    }

    private static boolean isOurKind(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith("socket:") || target.startsWith("anon_inode:") || target.startsWith("/memfd:");
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }
}
