// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of another JVM that runs a class of ours, found where this JVM found its own. */
public final class JavaCommand {
    private static final String NATIVE_ACCESS = "--enable-native-access=";

    private JavaCommand() {}

    /** @param mainClass its full name, in {@code module} */
    public static List<String> of(String module, String mainClass, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-Xmx256m", "-Xshare:auto"));
        String modules = System.getProperty("jdk.module.path", "");
        if (JavaCommand.class.getModule().isNamed() && !modules.isEmpty()) {
            command.addAll(List.of(NATIVE_ACCESS + "dev.paravirt.virtqueue", "--illegal-native-access=deny"));
            command.addAll(List.of("--module-path", modules, "-m", module + "/" + mainClass));
        } else {
            String classes = System.getProperty("java.class.path", "");
            String path = modules.isEmpty() ? classes : modules + File.pathSeparator + classes;
            command.addAll(List.of(NATIVE_ACCESS + "ALL-UNNAMED", "-cp", path, mainClass));
        }
        command.addAll(List.of(arguments));
        return command;
    }
}
