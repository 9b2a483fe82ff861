// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import dev.paravirt.backend.transport.trap.ExitCount;
import java.io.IOException;

/** What a hypervisor counted at one register in one direction, from the start of its machine to the end. */
public record RegisterExits(MachineKind machine, ExitCount count) {
    private static final String SEPARATOR = "\t";
    private static final int PARTS = 6;

    /** For {@link #parse}. */
    static String line(ExitCount count) {
        return String.join(
                SEPARATOR,
                count.device(),
                count.register(),
                Boolean.toString(count.write()),
                Boolean.toString(count.string()),
                Long.toString(count.exits()),
                Long.toString(count.bytes()));
    }

    static RegisterExits parse(MachineKind machine, String line) throws IOException {
        String[] parts = line.split(SEPARATOR, -1);
        if (parts.length != PARTS) {
            throw new IOException("the hypervisor process of the machine " + machine + " says: " + line);
        }
        return new RegisterExits(
                machine,
                new ExitCount(
                        parts[0],
                        parts[1],
                        Boolean.parseBoolean(parts[2]),
                        Boolean.parseBoolean(parts[3]),
                        Long.parseLong(parts[4]),
                        Long.parseLong(parts[5])));
    }
}
