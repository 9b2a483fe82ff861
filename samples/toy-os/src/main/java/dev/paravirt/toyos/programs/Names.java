// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.shell.Completer.Candidate;
import dev.paravirt.toyos.shell.Completer.Completion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The names of files and commands, for patterns and for Tab. */
final class Names {
    private static final String SPECIAL = " '\"\\$*?<>|&;#";

    private Names() {}

    /** @param directory "" for the current one; one that cannot be read has no names */
    static List<String> in(UserSpace user, String directory) {
        return entries(user, directory).stream().map(UserSpace.Status::name).toList();
    }

    private static List<UserSpace.Status> entries(UserSpace user, String directory) {
        String path = directory.isEmpty() ? "." : directory;
        try {
            return user.stat(path).directory() ? ListFiles.entries(user, path) : List.of();
        } catch (UserException unreadable) {
            return List.of();
        }
    }

    /** How a line may go on: with a command where one is due, else with a file. */
    static Completion complete(UserSpace user, String line) {
        Typed typed = Typed.last(line);
        boolean command = typed.first() && typed.text().indexOf('/') < 0;
        List<Candidate> candidates = command ? commands(typed.text()) : files(user, typed.text());
        return new Completion(typed.source(), candidates);
    }

    private static List<Candidate> commands(String start) {
        List<String> names = new ArrayList<>(Arrays.asList(Help.builtIn()));
        for (Programs.Entry entry : Programs.entries()) {
            if (!entry.summary().isEmpty()) {
                names.add(entry.name());
            }
        }
        return names.stream()
                .filter(name -> name.startsWith(start))
                .sorted()
                .map(name -> new Candidate(name, " ", name))
                .toList();
    }

    private static List<Candidate> files(UserSpace user, String start) {
        int slash = start.lastIndexOf('/') + 1;
        String directory = start.substring(0, slash);
        String name = start.substring(slash).toLowerCase(Locale.ROOT);
        return entries(user, directory).stream()
                .filter(entry -> entry.name().toLowerCase(Locale.ROOT).startsWith(name))
                .map(entry -> new Candidate(
                        escape(directory + entry.name()) + (entry.directory() ? "/" : ""),
                        entry.directory() ? "" : " ",
                        entry.name() + (entry.directory() ? "/" : "")))
                .toList();
    }

    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        for (char c : text.toCharArray()) {
            if (SPECIAL.indexOf(c) >= 0) {
                escaped.append('\\');
            }
            escaped.append(c);
        }
        return escaped.toString();
    }

    /**
     * The word that a line ends in.
     *
     * @param source as it was typed, quotes and backslashes in it
     * @param text what it means so far
     * @param first whether a command is due there
     */
    private record Typed(String source, String text, boolean first) {
        static Typed last(String line) {
            int start = 0;
            boolean first = true;
            boolean inWord = false;
            char quote = 0;
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < line.length(); i++) {
                char c = line.charAt(i);
                boolean breaks = quote == 0 && " <>|&;".indexOf(c) >= 0;
                if (breaks) {
                    first = "|&;".indexOf(c) >= 0 || c == ' ' && first && !inWord;
                    inWord = false;
                    start = i + 1;
                    text.setLength(0);
                    continue;
                }
                inWord = true;
                if (c == quote) {
                    quote = 0;
                } else if (quote == 0 && (c == '"' || c == '\'')) {
                    quote = c;
                } else if (c == '\\' && quote != '\'' && i + 1 < line.length()) {
                    i++;
                    text.append(line.charAt(i));
                } else {
                    text.append(c);
                }
            }
            return new Typed(line.substring(start), text.toString(), first);
        }
    }
}
