// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import java.util.ArrayList;
import java.util.List;

/**
 * The first program. Its arguments are command lines, which it runs in turn and reports. A command that ends in {@code &}
 * runs beside those that follow; {@code wait} waits for all such.
 *
 * <p>Where there is a terminal, command lines are the shell's; without any the person at the terminal gets a shell.
 */
final class Init {
    private static final int[] STREAMS = {UserSpace.INPUT, UserSpace.RESULTS, UserSpace.COMPLAINTS};
    private static final int OWN_GROUP = 0;
    private static final int NEW_GROUP = -1;

    private final UserSpace user;
    private final List<Running> background = new ArrayList<>();
    private final boolean terminal;
    private int failures;

    private Init(UserSpace user) {
        this.user = user;
        terminal = user.hasTerminal();
    }

    private record Running(int task, String command, long started) {}

    static int run(UserSpace user, Arguments arguments) throws UserException {
        if (arguments.count() == 0 && user.hasTerminal()) {
            return user.await(user.start(List.of("sh"), STREAMS, OWN_GROUP));
        }
        Init init = new Init(user);
        for (int i = 0; i < arguments.count(); i++) {
            user.report(Report.event("progress")
                    .field("program", "init")
                    .field("step", i + 1)
                    .field("steps", arguments.count())
                    .field("what", arguments.get(i)));
            init.execute(arguments.get(i).strip());
        }
        init.awaitAll();
        return init.failures == 0 ? 0 : 1;
    }

    private void execute(String line) throws UserException {
        if (line.equals("wait")) {
            awaitAll();
            return;
        }
        boolean beside = line.endsWith("&");
        String command = beside ? line.substring(0, line.length() - 1).strip() : line;
        long started = user.monotonicNanos();
        int task;
        try {
            task = start(command);
        } catch (UserException unknown) {
            user.complain("init: " + unknown.getMessage());
            ended(command, 127, started);
            return;
        }
        Running running = new Running(task, command, started);
        if (beside) {
            background.add(running);
        } else {
            await(running);
        }
    }

    private int start(String command) throws UserException {
        if (!terminal) {
            return user.spawn(command);
        }
        int task = user.start(List.of("sh", "-c", command), STREAMS, NEW_GROUP);
        user.foreground(task);
        return task;
    }

    private void awaitAll() throws UserException {
        for (Running running : background) {
            await(running);
        }
        background.clear();
    }

    private void await(Running running) throws UserException {
        ended(running.command(), user.await(running.task()), running.started());
    }

    private void ended(String command, int status, long started) throws UserException {
        failures += status == 0 ? 0 : 1;
        user.report(Report.event("command")
                .field("line", command)
                .field("status", status)
                .decimal("millis", (user.monotonicNanos() - started) / 1e6));
    }
}
