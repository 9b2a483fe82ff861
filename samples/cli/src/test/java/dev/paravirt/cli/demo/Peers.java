// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import java.util.Optional;

/** Programs that nobody here wrote. A test that finds one missing is skipped, or fails where they must be. */
public final class Peers {
    private static final String REQUIRED = "PARAVIRT_REQUIRE_PEERS";

    private Peers() {}

    /** @param packages where it comes from, as apt-get names them */
    public static Tool require(String name, String packages) {
        Optional<Tool> tool = Tool.find(name);
        if (tool.isEmpty()) {
            String remedy = name + " is not installed; apt-get install " + packages;
            if ("true".equals(System.getenv(REQUIRED))) {
                fail(remedy + " (" + REQUIRED + "=true makes this a failure)");
            }
            abort(remedy);
        }
        return tool.orElseThrow();
    }

    /** One of those for FAT. */
    static Tool require(String name) {
        return require(name, "dosfstools mtools");
    }

    /** A FAT32 image that mkfs.vfat made, with one file that mcopy put there. */
    static Path image(Path folder, Path file) throws Exception {
        Path image = folder.resolve("theirs.img");
        require("mcopy");
        require("mkfs.vfat").run("-C", "-F", 32, image, 80_000);
        require("mcopy").run("-i", image, file, "::/A file of mine.txt");
        return image;
    }
}
