// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.text.Columns;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/** ls [-l] [PATH...]: in columns at a terminal, else a name a line. */
final class ListFiles {
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneOffset.UTC);

    private ListFiles() {}

    static int run(UserSpace user, Arguments arguments) throws UserException {
        Arguments operands = arguments.operands("la1");
        boolean details = arguments.has('l');
        List<String> paths = operands.count() == 0 ? List.of(".") : operands.from(0);
        List<UserSpace.Status> files = new ArrayList<>();
        List<String> directories = new ArrayList<>();
        int status = 0;
        for (String path : paths) {
            try {
                UserSpace.Status found = user.stat(path);
                if (found.directory()) {
                    directories.add(path);
                } else {
                    files.add(new UserSpace.Status(path, false, found.size(), found.modified()));
                }
            } catch (UserException missing) {
                user.complain("ls: " + missing.getMessage());
                status = 1;
            }
        }
        print(user, files, details);
        for (String directory : directories) {
            if (paths.size() > 1) {
                user.print((directory.equals(directories.getFirst()) && files.isEmpty() ? "" : "\n") + directory + ":");
            }
            print(user, entries(user, directory), details);
        }
        return status;
    }

    static List<UserSpace.Status> entries(UserSpace user, String path) throws UserException {
        List<UserSpace.Status> entries = new ArrayList<>();
        int directory = user.open(path);
        for (UserSpace.Status entry = user.readDirectory(directory);
                entry != null;
                entry = user.readDirectory(directory)) {
            entries.add(entry);
        }
        user.close(directory);
        entries.sort((a, b) -> a.name().compareToIgnoreCase(b.name()));
        return entries;
    }

    private static void print(UserSpace user, List<UserSpace.Status> entries, boolean details) throws UserException {
        if (details) {
            for (UserSpace.Status entry : entries) {
                user.print(details(entry));
            }
            return;
        }
        List<String> names = entries.stream().map(ListFiles::label).toList();
        int size = user.terminalSize(UserSpace.RESULTS);
        int columns = size >>> 16;
        for (String line : size < 0 ? names : Columns.of(names, columns == 0 ? 80 : columns)) {
            user.print(line);
        }
    }

    private static String label(UserSpace.Status entry) {
        return entry.name() + (entry.directory() ? "/" : "");
    }

    private static String details(UserSpace.Status entry) {
        String size = entry.directory() ? "<dir>" : Long.toString(entry.size());
        String date = entry.modified() == 0 ? "" : DATE.format(Instant.ofEpochMilli(entry.modified()));
        return " ".repeat(Math.max(0, 12 - size.length())) + size + "  " + date
                + " ".repeat(Math.max(0, 16 - date.length())) + "  " + label(entry);
    }
}
