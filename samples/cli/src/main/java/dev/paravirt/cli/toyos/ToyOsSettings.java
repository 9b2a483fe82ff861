// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.toyos;

import dev.paravirt.backend.net.wire.Wire;
import dev.paravirt.toyos.boot.MachineKind;
import dev.paravirt.toyos.boot.NetworkOption;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a user may say about the machine.
 *
 * @param machine what its devices are
 * @param disk an image file; null for a new disk in memory
 * @param readOnly whether the image stays as it is
 * @param memory of the guest, in bytes
 * @param scratch size of the scratch disk in bytes, a multiple of 512; 0 for none
 * @param net what the network card leads to; null for this host's network if passt is there, and else none
 * @param address what the guest is to do with the card
 * @param console where the terminal is; null for standard input and output
 * @param commands for the toy OS; none for a shell
 */
public record ToyOsSettings(
        MachineKind machine,
        @Nullable Path disk,
        boolean readOnly,
        long memory,
        long scratch,
        @Nullable Wire net,
        NetworkOption address,
        @Nullable String console,
        List<String> commands) {
    public ToyOsSettings {
        commands = List.copyOf(commands);
    }
}
