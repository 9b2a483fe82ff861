// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.shell.CommandLine;
import dev.paravirt.toyos.shell.CommandLine.AndOr;
import dev.paravirt.toyos.shell.CommandLine.Link;
import dev.paravirt.toyos.shell.Parser;
import dev.paravirt.toyos.shell.SyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * sh [-c LINE | FILE]: runs the lines that a person types, or those of its input, of a file, or of its arguments. Lines are
 * edited and jobs waited for only where a person sits at the terminal.
 */
final class Shell {
    private static final int WRONG_SYNTAX = 2;
    private static final int INTERRUPTED = 130;

    private final UserSpace user;
    private final Jobs jobs;
    private final Launcher launcher;
    private final @Nullable Prompt prompt;
    private boolean warned;
    private boolean interrupted;

    private Shell(UserSpace user, boolean interactive) {
        this.user = user;
        jobs = new Jobs(user, interactive);
        prompt = interactive ? new Prompt(user) : null;
        launcher = new Launcher(user, jobs, prompt);
    }

    static int run(UserSpace user, Arguments arguments) throws UserException {
        if (arguments.get(0, "").equals("-c")) {
            Shell shell = new Shell(user, false);
            shell.line(arguments.get(1));
            return shell.end();
        }
        boolean person = arguments.count() == 0 && user.terminalSize(UserSpace.INPUT) >= 0;
        Shell shell = new Shell(user, person);
        if (person) {
            shell.talk();
        } else {
            shell.read(arguments.count() == 0 ? UserSpace.INPUT : user.open(arguments.get(0)));
        }
        return shell.end();
    }

    private void talk() throws UserException {
        Prompt present = prompt;
        if (present == null) {
            throw new IllegalStateException("nobody to talk to");
        }
        present.greet();
        while (!launcher.over()) {
            jobs.tellEnded();
            String line = present.read();
            if (line == null) {
                leave();
            } else {
                warned = false;
                line(line);
            }
        }
    }

    /** Ctrl-D leaves; jobs that would be ended by that are worth a second thought. */
    private void leave() throws UserException {
        if (jobs.any() && !warned) {
            warned = true;
            user.print("there are jobs in the background (jobs lists them); Ctrl-D again ends them");
        } else {
            launcher.leave();
        }
    }

    private void read(int fd) throws UserException {
        LineReader lines = new LineReader(user, fd);
        String line = lines.next();
        while (line != null && !launcher.over()) {
            line(line);
            line = launcher.over() ? null : lines.next();
        }
    }

    private int end() throws UserException {
        if (!launcher.over()) {
            // A script has ended when all that it started has.
            jobs.awaitAll();
        }
        return launcher.status();
    }

    private void line(String line) throws UserException {
        CommandLine parsed;
        try {
            parsed = Parser.parse(line);
        } catch (SyntaxException wrong) {
            user.complain("sh: " + wrong.getMessage());
            launcher.status(WRONG_SYNTAX);
            return;
        }
        jobs.takeInterrupted();
        for (AndOr list : parsed.lists()) {
            run(list);
            if (interrupted) {
                // Whoever types Ctrl-C wants none of what follows either.
                interrupted = false;
                launcher.status(INTERRUPTED);
                return;
            }
        }
    }

    private void run(AndOr list) throws UserException {
        if (list.background()) {
            launcher.background(list);
            return;
        }
        for (Link link : list.links()) {
            boolean runs = switch (link.condition()) {
                case ALWAYS -> true;
                case AFTER_SUCCESS -> launcher.status() == 0;
                case AFTER_FAILURE -> launcher.status() != 0;
            };
            if (runs) {
                launcher.foreground(link.pipeline());
                interrupted = jobs.takeInterrupted();
            }
            if (launcher.over() || interrupted) {
                return;
            }
        }
    }
}
