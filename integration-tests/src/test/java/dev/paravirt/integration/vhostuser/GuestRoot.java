// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The root of a small Linux guest, as a folder: busybox, a few of the host's programs, kernel modules and a script. */
record GuestRoot(Path folder) {
    private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");

    /** Which packages programs come in; the others are in every Debian's own. */
    private static final Map<String, String> PACKAGES = Map.of("mkfs.ext4", "e2fsprogs", "fio", "fio");

    /** What every script begins with. Programs of the host's are there already, and stay. */
    private static final String PREAMBLE = """
            #!/bin/busybox sh
            /bin/busybox --install -s /bin 2>/dev/null
            export PATH=/bin
            mount -t proc proc /proc
            mount -t sysfs sys /sys
            mount -t devtmpfs dev /dev 2>/dev/null
            """;

    /** What every script ends with: the guest is gone then. */
    private static final String END = """
            echo the script has ended
            poweroff -f
            """;

    /**
     * Makes one.
     *
     * @param modules the folder in which kernel modules lie, at whatever depth
     * @param wanted their names, in the order in which they are loaded
     * @param programs of the host's
     * @param script what to do after that, in the language of busybox's shell
     */
    static GuestRoot create(Path folder, Path modules, List<String> wanted, List<String> programs, String script)
            throws IOException, InterruptedException {
        for (String name : List.of("bin", "dev", "proc", "sys", "mnt", "tmp", "modules")) {
            Files.createDirectories(folder.resolve(name));
        }
        Path busybox = DebianPackages.require("busybox-static").resolve("bin/busybox");
        Files.copy(busybox, folder.resolve("bin/busybox"));
        GuestRoot root = new GuestRoot(folder);
        for (String program : programs) {
            Command.require(program, PACKAGES.getOrDefault(program, "util-linux"));
            root.addProgram(Path.of(Command.path(program)));
        }
        StringBuilder init = new StringBuilder(PREAMBLE);
        for (String module : wanted) {
            root.addModule(modules, module);
            init.append("insmod /modules/").append(module).append(".ko\n");
        }
        Path file = Files.writeString(folder.resolve("init"), init + script + END);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return root;
    }

    private void addProgram(Path program) throws IOException, InterruptedException {
        copy(program, folder.resolve("bin").resolve(program.getFileName()));
        Matcher libraries =
                LIBRARY.matcher(Command.run(folder, "ldd", program.toString()).output());
        while (libraries.find()) {
            Path library = Path.of(libraries.group(1));
            copy(library, folder.resolve(library.toString().substring(1)));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    }

    private void addModule(Path modules, String name) throws IOException {
        try (Stream<Path> files = Files.walk(modules)) {
            Path module = files.filter(file -> file.endsWith(name + ".ko"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no kernel module " + name + " in " + modules));
            Files.copy(module, folder.resolve("modules").resolve(name + ".ko"));
        }
    }
}
