// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.toyos;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;

/** The program that leads a guest into this host's network without privileges. */
final class Passt {
    private Passt() {}

    static boolean isInstalled() {
        String path = System.getenv("PATH");
        if (path != null) {
            for (String folder : path.split(File.pathSeparator)) {
                if (Files.isExecutable(Path.of(folder, "passt"))) {
                    return true;
                }
            }
        }
        return false;
    }
}
