// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Foreign programs and kernels that need not be installed: packages of Debian's, unpacked once in the user's cache. A test
 * that cannot have one is skipped, or fails where it must have it.
 */
final class DebianPackages {
    private static final String REQUIRED = "PARAVIRT_REQUIRE_PEERS";

    private DebianPackages() {}

    /** The folder into which a package is unpacked. */
    static Path require(String name) throws IOException, InterruptedException {
        Path unpacked = cache().resolve(name);
        if (!Files.isDirectory(unpacked)) {
            Files.createDirectories(cache());
            Path work = Files.createTempDirectory(cache(), name);
            try {
                fetch(name, work);
                Files.move(work.resolve("unpacked"), unpacked);
            } finally {
                Command.run(work, "rm", "-rf", work.toString());
            }
        }
        return unpacked;
    }

    private static Path cache() {
        String home = System.getenv().getOrDefault("XDG_CACHE_HOME", System.getProperty("user.home") + "/.cache");
        return Path.of(home, "paravirt", "debian");
    }

    private static void fetch(String name, Path work) throws IOException, InterruptedException {
        if (!Command.isThere("apt-get") || !Command.isThere("dpkg-deb")) {
            missing(name, "this is no Debian; unpack the package into " + cache().resolve(name));
        }
        Command.Result download = Command.run(work, "apt-get", "-q", "download", name);
        if (download.status() != 0) {
            missing(name, "apt-get update, and look why 'apt-get download " + name + "' fails: " + download.output());
        }
        try (Stream<Path> files = Files.list(work)) {
            Path archive = files.filter(file -> file.toString().endsWith(".deb"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("apt-get download left no package in " + work));
            Command.run(work, "dpkg-deb", "-x", archive.toString(), "unpacked").expectSuccess();
        }
    }

    /** The package that another one depends on, whose name starts like this: a kernel of today's version. */
    static String dependency(String of, String prefix) throws IOException, InterruptedException {
        if (!Command.isThere("apt-cache")) {
            missing(of, "this is no Debian");
        }
        Command.Result depends = Command.run(Path.of("/"), "apt-cache", "depends", of);
        List<String> names = depends.output()
                .lines()
                .filter(line -> line.contains("Depends: " + prefix))
                .map(line -> line.replaceFirst(".*Depends: ", ""))
                .toList();
        if (names.isEmpty()) {
            missing(of, "apt-get update");
        }
        return names.getFirst();
    }

    /** Skips the test, or fails it where nothing may be missing. */
    static void missing(String what, String remedy) {
        String message = what + " is missing: " + remedy;
        if ("true".equals(System.getenv(REQUIRED))) {
            fail(message + " (" + REQUIRED + "=true makes this a failure)");
        }
        abort(message);
    }
}
