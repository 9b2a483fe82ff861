// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.OpenFlags;
import dev.paravirt.toyos.shell.CommandLine.Command;
import dev.paravirt.toyos.shell.CommandLine.Output;
import dev.paravirt.toyos.shell.Word;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a command reads and writes: the descriptors given, or files in their place. */
final class Streams {
    private final UserSpace user;
    private final int[] descriptors;
    private final List<Integer> opened = new ArrayList<>();

    Streams(UserSpace user, int input, int output) {
        this.user = user;
        descriptors = new int[] {input, output, UserSpace.COMPLAINTS};
    }

    int[] descriptors() {
        return descriptors;
    }

    /** Opens the files that a command names. */
    void redirect(Command command, Function<Word, String> path) throws UserException {
        Word input = command.input();
        if (input != null) {
            replace(UserSpace.INPUT, path.apply(input), 0);
        }
        redirect(UserSpace.RESULTS, command.output(), path);
        redirect(UserSpace.COMPLAINTS, command.complaints(), path);
    }

    private void redirect(int stream, @Nullable Output output, Function<Word, String> path) throws UserException {
        if (output != null) {
            int flags = OpenFlags.CREATE | (output.append() ? OpenFlags.APPEND : OpenFlags.TRUNCATE);
            replace(stream, path.apply(output.path()), flags);
        }
    }

    private void replace(int stream, String path, int flags) throws UserException {
        int fd = user.open(path, flags);
        opened.add(fd);
        descriptors[stream] = fd;
    }

    /** Closes what was opened here; a program that has inherited it keeps it open. */
    void close() throws UserException {
        for (int fd : opened) {
            user.close(fd);
        }
    }
}
