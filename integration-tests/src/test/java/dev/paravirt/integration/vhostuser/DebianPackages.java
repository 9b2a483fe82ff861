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
public final class DebianPackages {
    private static final String REQUIRED = "PARAVIRT_REQUIRE_PEERS";

    /** Fetches a source package and leaves the archive of its makers as source.tar. */
    private static final String FETCH_SOURCE = """
            mkdir -p apt/lists apt/cache apt/parts
            for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
              [ ! -f "$list" ] || sed -n 's/^deb /deb-src /p' "$list" >> apt/parts/source.list
            done
            for list in /etc/apt/sources.list.d/*.sources; do
              [ ! -f "$list" ] || { sed 's/^Types:.*/Types: deb-src/' "$list"; echo; } >> apt/parts/source.sources
            done
            here="-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=$PWD/apt/parts"
            here="$here -o Dir::State::lists=$PWD/apt/lists -o Dir::Cache=$PWD/apt/cache"
            apt-get -q $here update
            apt-get -q $here source --download-only "$1"
            mv *.orig.tar.* source.tar
            """;

    private DebianPackages() {}

    /** Makes the content of a folder, in another one, which is there whole or not at all. */
    @FunctionalInterface
    private interface Making {
        void make(Path work) throws IOException, InterruptedException;
    }

    /** The folder into which a package is unpacked. */
    static Path require(String name) throws IOException, InterruptedException {
        return cached(name, work -> fetch(name, work));
    }

    /**
     * A program that is built from files of a source package.
     *
     * @param script for sh, in the folder into which the source is unpacked; leaves the program in {@code built/}
     */
    public static Path build(String sourcePackage, String program, String script)
            throws IOException, InterruptedException {
        return cached(program, work -> {
                    Files.createDirectory(work.resolve("unpacked"));
                    fetchSource(sourcePackage, work.resolve("unpacked"));
                    Command.run(work.resolve("unpacked"), "sh", "-euc", script).expectSuccess();
                })
                .resolve("built")
                .resolve(program);
    }

    private static Path cached(String name, Making making) throws IOException, InterruptedException {
        Path whole = cache().resolve(name);
        if (!Files.isDirectory(whole)) {
            Files.createDirectories(cache());
            Path work = Files.createTempDirectory(cache(), name);
            try {
                making.make(work);
                Files.move(work.resolve("unpacked"), whole);
            } finally {
                Command.run(work, "rm", "-rf", work.toString());
            }
        }
        return whole;
    }

    /** Sources are rarely in the lists of packages, so these are read anew, beside the system's own. */
    private static void fetchSource(String name, Path folder) throws IOException, InterruptedException {
        if (!Command.isThere("apt-get")) {
            missing(name, "this is no Debian");
        }
        Command.Result fetched = Command.run(folder, "sh", "-euc", FETCH_SOURCE, "sh", name);
        if (fetched.status() != 0) {
            missing("the source of " + name, "look why this fails: " + fetched.output());
        }
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
