// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.text.HumanSize;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Programs about the system. */
final class SystemPrograms {
    private static final String[] STATES = {"ready", "running", "waiting", "ended"};
    private static final int TERMINATED = 143;
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC);

    private SystemPrograms() {}

    static int sync(UserSpace user, Arguments arguments) throws UserException {
        user.sync();
        return 0;
    }

    static int freeSpace(UserSpace user, Arguments arguments) throws UserException {
        UserSpace.Space space = user.space();
        long used = space.total() - space.free();
        long percent = space.total() == 0 ? 0 : (used * 100 + space.total() - 1) / space.total();
        user.print(String.format("%12s%12s%12s%6s", "size", "used", "free", "full"));
        user.print(String.format(
                "%12s%12s%12s%5d%%",
                HumanSize.of(space.total()), HumanSize.of(used), HumanSize.of(space.free()), percent));
        user.report(Report.event("space").field("total", space.total()).field("free", space.free()));
        return 0;
    }

    static int tasks(UserSpace user, Arguments arguments) throws UserException {
        user.print("task  state    switches  cpu us  name");
        UserSpace.TaskStatus task = user.task(0);
        for (int i = 1; task != null; i++) {
            user.print(String.format(
                    "%4d  %-7s%10d%8d  %s",
                    task.number(), STATES[task.state()], task.switches(), task.cpuNanos() / 1000, task.name()));
            task = user.task(i);
        }
        return 0;
    }

    static int kill(UserSpace user, Arguments arguments) throws UserException {
        for (int i = 0; i < Math.max(1, arguments.count()); i++) {
            long number = arguments.number(i);
            try {
                user.kill((int) number, TERMINATED);
            } catch (UserException failed) {
                String why = failed.errno() == Errno.NOT_PERMITTED
                        ? "the kernel stays"
                        : failed.errno().text();
                throw new UserException(why + ": " + number, failed.errno());
            }
        }
        return 0;
    }

    static int sleep(UserSpace user, Arguments arguments) throws UserException {
        user.sleep(arguments.number(0) * 1_000_000);
        return 0;
    }

    static int uptime(UserSpace user, Arguments arguments) throws UserException {
        long seconds = user.upNanos() / 1_000_000_000;
        user.print(String.format(Locale.ROOT, "up %d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60));
        return 0;
    }

    static int date(UserSpace user, Arguments arguments) throws UserException {
        user.print(DATE.format(Instant.ofEpochMilli(user.epochMillis())));
        return 0;
    }

    static int devices(UserSpace user, Arguments arguments) throws UserException {
        user.print(String.format(
                "%-20s%10s%11s%10s%11s%10s%11s", "device", "reads", "bytes", "writes", "bytes", "exits", "interrupts"));
        UserSpace.DeviceStatus device = user.device(0);
        for (int i = 1; device != null; i++) {
            user.print(String.format(
                    "%-20s%10d%11s%10d%11s%10d%11d",
                    device.name(),
                    device.inputs(),
                    HumanSize.of(device.inputBytes()),
                    device.outputs(),
                    HumanSize.of(device.outputBytes()),
                    device.exits(),
                    device.interrupts()));
            user.report(Report.event("device")
                    .field("name", device.name())
                    .field("inputs", device.inputs())
                    .field("inputBytes", device.inputBytes())
                    .field("outputs", device.outputs())
                    .field("outputBytes", device.outputBytes())
                    .field("exits", device.exits())
                    .field("interrupts", device.interrupts()));
            device = user.device(i);
        }
        return 0;
    }

    static int log(UserSpace user, Arguments arguments) throws UserException {
        String line = user.log(0);
        for (int i = 1; line != null; i++) {
            user.print(line);
            line = user.log(i);
        }
        return 0;
    }

    static int powerOff(UserSpace user, Arguments arguments) throws UserException {
        user.powerOff(arguments.count() == 0 ? 0 : (int) arguments.number(0));
        return 0;
    }
}
