// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;

/** help [COMMAND]: a line for each program, or how to use one. */
final class Help {
    private static final int WIDTH = 24;

    private static final String[][] BUILT_IN = {
        {"cd", "[PATH]", "goes to another directory"},
        {"jobs", "", "lists what runs in the background"},
        {"fg", "[JOB]", "waits for a job from the background; Ctrl-C ends it"},
        {"wait", "", "waits for all jobs"},
        {"history", "", "lists the lines entered"},
        {"exit", "[STATUS]", "leaves the shell"}
    };

    private static final String SHELL = """

            Quoting: 'text' "text" \\c    patterns: *.txt    status of the last command: $?
            FILE in place of the terminal: <FILE >FILE >>FILE 2>FILE
            A | B pipes A into B    A && B, A || B: B if A succeeded, failed    A ; B: one after the other
            A & runs A in the background    Ctrl-C ends what is in the foreground    Tab completes
            Devices as files: /dev/null /dev/zero /dev/scratch""";

    private Help() {}

    static int run(UserSpace user, Arguments arguments) throws UserException {
        if (arguments.count() > 0) {
            return one(user, arguments.get(0));
        }
        for (Programs.Entry entry : Programs.entries()) {
            if (!entry.summary().isEmpty()) {
                line(user, entry.name(), entry.arguments(), entry.summary());
            }
        }
        user.print("");
        for (String[] command : BUILT_IN) {
            line(user, command[0], command[1], command[2]);
        }
        user.print(SHELL);
        return 0;
    }

    private static int one(UserSpace user, String name) throws UserException {
        for (Programs.Entry entry : Programs.entries()) {
            if (entry.name().equals(name)) {
                user.print((name + " " + entry.arguments()).strip());
                user.print("    " + entry.summary());
                return 0;
            }
        }
        for (String[] command : BUILT_IN) {
            if (command[0].equals(name)) {
                user.print((name + " " + command[1]).strip());
                user.print("    " + command[2]);
                return 0;
            }
        }
        throw new UserException("no such command: " + name, Errno.NOT_FOUND);
    }

    private static void line(UserSpace user, String name, String arguments, String summary) throws UserException {
        String usage = (name + " " + arguments).strip();
        // The arguments of some would push what they do off the screen; help with their name gives them.
        String start = usage.length() <= WIDTH - 2 ? usage : name + " ...";
        user.print("  " + start + " ".repeat(Math.max(1, WIDTH - start.length())) + summary);
    }

    /** The names of the shell's own commands. */
    static String[] builtIn() {
        String[] names = new String[BUILT_IN.length];
        for (int i = 0; i < names.length; i++) {
            names[i] = BUILT_IN[i][0];
        }
        return names;
    }
}
