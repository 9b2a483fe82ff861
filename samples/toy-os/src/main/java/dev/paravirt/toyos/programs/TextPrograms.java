// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import java.util.List;
import java.util.Locale;

/** Programs about text. */
final class TextPrograms {
    private TextPrograms() {}

    static int echo(UserSpace user, Arguments arguments) throws UserException {
        boolean noNewline = arguments.get(0, "").equals("-n");
        String text = String.join(" ", arguments.from(noNewline ? 1 : 0));
        user.show(UserSpace.RESULTS, noNewline ? text : text + "\n");
        return 0;
    }

    static int clear(UserSpace user, Arguments arguments) throws UserException {
        user.show(UserSpace.RESULTS, "\033[H\033[2J");
        return 0;
    }

    /** What to do with each line. */
    private interface LineAction {
        /** @return whether to go on */
        boolean on(String line) throws UserException;
    }

    /** The lines of files, or of what is read by default. */
    private static void lines(UserSpace user, List<String> paths, LineAction action) throws UserException {
        for (String path : paths.isEmpty() ? List.of("-") : paths) {
            int fd = path.equals("-") ? UserSpace.INPUT : user.open(path);
            LineReader reader = new LineReader(user, fd);
            String line = reader.next();
            while (line != null && action.on(line)) {
                line = reader.next();
            }
            if (fd != UserSpace.INPUT) {
                user.close(fd);
            }
        }
    }

    static int head(UserSpace user, Arguments arguments) throws UserException {
        boolean given = arguments.get(0, "").equals("-n");
        long[] left = {given ? arguments.number(1) : 10};
        lines(user, arguments.from(given ? 2 : 0), line -> {
            if (left[0] > 0) {
                user.print(line);
            }
            left[0]--;
            return left[0] > 0;
        });
        return 0;
    }

    static int find(UserSpace user, Arguments arguments) throws UserException {
        Arguments operands = arguments.operands("inv");
        boolean anyCase = arguments.has('i');
        String wanted = anyCase ? operands.get(0).toLowerCase(Locale.ROOT) : operands.get(0);
        int[] counts = {0, 0};
        lines(user, operands.from(1), line -> {
            counts[0]++;
            String compared = anyCase ? line.toLowerCase(Locale.ROOT) : line;
            if (compared.contains(wanted) != arguments.has('v')) {
                counts[1]++;
                user.print(arguments.has('n') ? counts[0] + ":" + line : line);
            }
            return true;
        });
        return counts[1] > 0 ? 0 : 1;
    }

    static int count(UserSpace user, Arguments arguments) throws UserException {
        long[] total = new long[3];
        for (String path : arguments.count() == 0 ? List.of("-") : arguments.from(0)) {
            long[] counts = count(user, path);
            for (int i = 0; i < counts.length; i++) {
                total[i] += counts[i];
            }
            print(user, counts, path.equals("-") ? "" : path);
        }
        if (arguments.count() > 1) {
            print(user, total, "total");
        }
        return 0;
    }

    private static void print(UserSpace user, long[] counts, String name) throws UserException {
        StringBuilder line = new StringBuilder();
        for (long count : counts) {
            String text = Long.toString(count);
            line.append(" ".repeat(Math.max(1, 9 - text.length()))).append(text);
        }
        user.print((line + "  " + name).stripTrailing());
    }

    private static long[] count(UserSpace user, String path) throws UserException {
        int fd = path.equals("-") ? UserSpace.INPUT : user.open(path);
        long[] counts = new long[3];
        boolean inWord = false;
        for (int length = user.read(fd, path); length > 0; length = user.read(fd, path)) {
            counts[2] += length;
            for (int i = 0; i < length; i++) {
                byte c = user.memory()[UserSpace.BUFFER + i];
                boolean blank = c >= 0 && c <= ' ';
                counts[0] += c == '\n' ? 1 : 0;
                counts[1] += !blank && !inWord ? 1 : 0;
                inWord = !blank;
            }
        }
        if (fd != UserSpace.INPUT) {
            user.close(fd);
        }
        return counts;
    }
}
