// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.shell.History;
import dev.paravirt.toyos.shell.KeyDecoder;
import dev.paravirt.toyos.shell.LineEditor;
import dev.paravirt.toyos.shell.LineEditor.Outcome;
import dev.paravirt.toyos.text.HumanSize;
import org.jspecify.annotations.Nullable;

/** Asks a person at the terminal for lines. */
final class Prompt {
    /** Shown where output has not ended its line, as zsh does: else the prompt would hide the end of it. */
    private static final String NO_NEWLINE = "\033[7m%\033[m";

    private final UserSpace user;
    private final KeyDecoder decoder = new KeyDecoder();
    private final History history = new History();
    private final LineEditor editor;

    /** Keys typed ahead of the end of the line before. */
    private byte[] ahead = {};

    private int at;

    Prompt(UserSpace user) {
        this.user = user;
        editor = new LineEditor(history, line -> Names.complete(user, line));
    }

    History history() {
        return history;
    }

    void greet() throws UserException {
        UserSpace.Space space = user.space();
        user.print("The toy OS of paravirt: a disk of " + HumanSize.of(space.total()) + ", "
                + HumanSize.of(space.free()) + " free. help lists the commands, Ctrl-D ends.");
    }

    /** The next line, or null at its end: Ctrl-D. */
    @Nullable
    String read() throws UserException {
        user.rawTerminal(true);
        int columns = columns();
        if (columns > 1) {
            user.show(UserSpace.RESULTS, NO_NEWLINE + " ".repeat(columns - 1) + "\r");
        }
        editor.begin(user.directory() + " $ ", columns);
        Outcome outcome = Outcome.EDITING;
        while (outcome == Outcome.EDITING) {
            user.show(UserSpace.RESULTS, editor.takeOutput());
            outcome = next();
        }
        user.show(UserSpace.RESULTS, editor.takeOutput());
        // What is run now may be given the CPU before we know.
        user.rawTerminal(false);
        String line = editor.line();
        if (outcome == Outcome.ENTERED) {
            history.add(line);
        }
        return switch (outcome) {
            case ENTERED -> line;
            case ENDED -> null;
            default -> "";
        };
    }

    private Outcome next() throws UserException {
        if (at == ahead.length && !fill()) {
            return Outcome.EDITING;
        }
        Outcome outcome = Outcome.EDITING;
        while (at < ahead.length && outcome == Outcome.EDITING) {
            outcome = editor.key(decoder.next(ahead[at++] & 0xFF));
        }
        return outcome;
    }

    private boolean fill() throws UserException {
        try {
            int length = user.read(UserSpace.INPUT);
            ahead = new byte[length];
            System.arraycopy(user.memory(), UserSpace.BUFFER, ahead, 0, length);
            at = 0;
            return true;
        } catch (UserException failed) {
            if (failed.errno() != Errno.INTERRUPTED) {
                throw failed;
            }
            editor.resize(columns());
            return false;
        }
    }

    private int columns() {
        return user.terminalSize(UserSpace.INPUT) >>> 16;
    }
}
