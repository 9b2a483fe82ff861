// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import java.util.Optional;

/** FAT as others wrote it: dosfstools and mtools. A test that finds them missing is skipped, or fails where they must be. */
final class Peers {
    private static final String REQUIRED = "PARAVIRT_REQUIRE_PEERS";

    private Peers() {}

    static Tool require(String name) {
        Optional<Tool> tool = Tool.find(name);
        if (tool.isEmpty()) {
            String remedy = name + " is not installed; apt-get install dosfstools mtools";
            if ("true".equals(System.getenv(REQUIRED))) {
                fail(remedy + " (" + REQUIRED + "=true makes this a failure)");
            }
            abort(remedy);
        }
        return tool.orElseThrow();
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
