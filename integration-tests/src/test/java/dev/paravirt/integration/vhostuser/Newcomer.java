// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.cli.Paravirt;
import dev.paravirt.integration.carrier.ChildProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Who does what the help of a command says, to the letter, but that the socket lies elsewhere.
 *
 * @param command of {@code paravirt}, which serves a device
 */
record Newcomer(String command, Path socket) {
    /** The words of the help's command line that begins so, whose "..." stands for what to boot. */
    List<String> example(String start) throws IOException {
        StringBuilder words = new StringBuilder();
        try (ChildProcess help = ChildProcess.start(Paravirt.class, command, "--help")) {
            String line = help.awaitLine(start);
            while (line.endsWith("\\")) {
                words.append(line, 0, line.length() - 1);
                line = help.line();
            }
            words.append(line);
        }
        assertThat(words.toString()).endsWith(" ...");
        words.setLength(words.length() - " ...".length());
        return List.of(here(words.toString()).strip().split("\\s+"));
    }

    /** The elements that the help has for libvirt, each line for itself. */
    List<String> libvirtElements() throws IOException {
        List<String> elements = new ArrayList<>();
        try (ChildProcess help = ChildProcess.start(Paravirt.class, command, "--help")) {
            help.awaitLine("With libvirt:");
            for (String line = help.line(); line.strip().startsWith("<"); line = help.line()) {
                elements.add(line);
            }
        }
        return here(String.join("\n", elements)).lines().toList();
    }

    private String here(String text) {
        String inHelp = "/tmp/" + command + ".sock";
        assertThat(text).contains(inHelp);
        return text.replace(inHelp, socket.toString());
    }

    /** Serves the device that these options describe. */
    ChildProcess serve(String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(command, "--socket-path", socket.toString()));
        arguments.addAll(List.of(options));
        ChildProcess server = ChildProcess.start(Paravirt.class, arguments.toArray(String[]::new));
        server.awaitLine("serving ");
        return server;
    }
}
