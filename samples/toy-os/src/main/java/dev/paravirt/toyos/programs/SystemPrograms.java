// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

/** Programs about the system. */
final class SystemPrograms {
    private static final String[] STATES = {"ready", "running", "blocked", "ended"};

    private SystemPrograms() {}

    static int sync(UserSpace user, Arguments arguments) throws UserException {
        user.sync();
        return 0;
    }

    /** df: how full the volume is. */
    static int freeSpace(UserSpace user, Arguments arguments) throws UserException {
        UserSpace.Space space = user.space();
        user.print("total " + space.total() + "  free " + space.free());
        user.print(Report.event("space")
                .field("total", space.total())
                .field("free", space.free())
                .toString());
        return 0;
    }

    /** ps: all tasks. */
    static int tasks(UserSpace user, Arguments arguments) throws UserException {
        user.print("task  state    switches  cpu us  name");
        UserSpace.TaskStatus task = user.task(0);
        for (int i = 1; task != null; i++) {
            user.print(pad(task.number(), 4) + "  " + (STATES[task.state()] + "   ").substring(0, 7)
                    + pad(task.switches(), 10) + pad(task.cpuNanos() / 1000, 8) + "  " + task.name());
            task = user.task(i);
        }
        return 0;
    }

    /** sleep MILLISECONDS */
    static int sleep(UserSpace user, Arguments arguments) throws UserException {
        user.sleep(arguments.number(0) * 1_000_000);
        return 0;
    }

    private static String pad(long number, int width) {
        String text = Long.toString(number);
        return " ".repeat(Math.max(0, width - text.length())) + text;
    }
}
