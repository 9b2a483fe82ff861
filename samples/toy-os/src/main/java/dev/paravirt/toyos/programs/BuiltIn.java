// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The commands that change the shell itself, or are about it; no program could do them. */
final class BuiltIn {
    private final UserSpace user;
    private final Launcher launcher;
    private final Jobs jobs;
    private final @Nullable Prompt prompt;

    BuiltIn(UserSpace user, Launcher launcher, Jobs jobs, @Nullable Prompt prompt) {
        this.user = user;
        this.launcher = launcher;
        this.jobs = jobs;
        this.prompt = prompt;
    }

    static boolean is(String name) {
        return Arrays.asList(Help.builtIn()).contains(name);
    }

    /** @return the status */
    int run(List<String> words, int output) throws UserException {
        List<String> arguments = words.subList(1, words.size());
        switch (words.getFirst()) {
            case "cd" -> user.changeDirectory(arguments.isEmpty() ? "/" : arguments.getFirst());
            case "jobs" -> jobs.list(output);
            case "fg" -> {
                return jobs.resume(arguments);
            }
            case "wait" -> {
                return jobs.awaitAll();
            }
            case "history" -> history(output);
            default -> {
                launcher.leave();
                return arguments.isEmpty() ? launcher.status() : number(arguments.getFirst());
            }
        }
        return 0;
    }

    private void history(int output) throws UserException {
        Prompt present = prompt;
        if (present == null) {
            return;
        }
        List<String> lines = present.history().lines();
        for (int i = 0; i < lines.size(); i++) {
            user.show(output, String.format("%5d  %s%n", i + 1, lines.get(i)));
        }
    }

    private static int number(String text) throws UserException {
        try {
            return Integer.parseInt(text) & 0xFF;
        } catch (NumberFormatException noNumber) {
            throw new UserException("not a number: " + text, Errno.INVALID_ARGUMENT);
        }
    }
}
