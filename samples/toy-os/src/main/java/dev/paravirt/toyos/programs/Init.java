// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import java.util.ArrayList;
import java.util.List;

/**
 * The first program. Its arguments are command lines, which it runs in turn and reports. A command that ends in {@code &}
 * runs beside those that follow; {@code wait} waits for all such.
 */
final class Init {
    private final UserSpace user;
    private final List<Running> background = new ArrayList<>();
    private int failures;

    private Init(UserSpace user) {
        this.user = user;
    }

    private record Running(int task, String command, long started) {}

    static int run(UserSpace user, Arguments arguments) throws UserException {
        Init init = new Init(user);
        for (int i = 0; i < arguments.count(); i++) {
            user.print(Report.event("progress")
                    .field("program", "init")
                    .field("step", i + 1)
                    .field("steps", arguments.count())
                    .field("what", arguments.get(i))
                    .toString());
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
            task = user.spawn(command);
        } catch (UserException unknown) {
            user.print("init: " + unknown.getMessage());
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
        user.print(Report.event("command")
                .field("line", command)
                .field("status", status)
                .decimal("millis", (user.monotonicNanos() - started) / 1e6)
                .toString());
    }
}
