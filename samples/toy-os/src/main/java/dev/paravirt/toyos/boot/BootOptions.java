// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel is told at boot.
 *
 * @param root the id of the disk with the FAT32 volume; null for the first disk
 * @param scratch the id of a disk that workloads may write over; null for none. Never guessed.
 * @param plain whether nobody sits at the terminal: a program is at its other end, which wants lines and no editing
 * @param network what to do with a network card
 * @param script command lines for the first program; on a machine with a terminal, none means a shell
 */
public record BootOptions(
        @Nullable String root, @Nullable String scratch, boolean plain, NetworkOption network, List<String> script) {
    private static final String ROOT = "root=";
    private static final String SCRATCH = "scratch=";
    private static final String PLAIN = "plain";
    private static final String NETWORK = "net=";

    public BootOptions {
        script = List.copyOf(script);
    }

    /** For a machine whose terminal, if it has one, has a person at it, and that asks for its addresses by DHCP. */
    public BootOptions(@Nullable String root, @Nullable String scratch, List<String> script) {
        this(root, scratch, false, NetworkOption.DHCP, script);
    }

    /** For a machine that asks for its addresses by DHCP. */
    public BootOptions(@Nullable String root, @Nullable String scratch, boolean plain, List<String> script) {
        this(root, scratch, plain, NetworkOption.DHCP, script);
    }

    /**
     * Parses {@code [root=ID] [scratch=ID] [plain] [net=dhcp|none|ADDRESS/PREFIX[,gateway=A][,dns=A]] COMMAND...}.
     *
     * @throws IllegalArgumentException if an option's value is none; says why
     */
    public static BootOptions parse(List<String> words) {
        String root = null;
        String scratch = null;
        boolean plain = false;
        NetworkOption network = NetworkOption.DHCP;
        List<String> script = new ArrayList<>();
        for (String word : words) {
            if (script.isEmpty() && word.startsWith(ROOT)) {
                root = word.substring(ROOT.length());
            } else if (script.isEmpty() && word.startsWith(SCRATCH)) {
                scratch = word.substring(SCRATCH.length());
            } else if (script.isEmpty() && word.startsWith(NETWORK)) {
                network = NetworkOption.parse(word.substring(NETWORK.length()));
            } else if (script.isEmpty() && word.equals(PLAIN)) {
                plain = true;
            } else {
                script.add(word);
            }
        }
        return new BootOptions(root, scratch, plain, network, script);
    }
}
