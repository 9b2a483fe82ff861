// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.shell.CommandLine.AndOr;
import dev.paravirt.toyos.shell.CommandLine.Command;
import dev.paravirt.toyos.shell.CommandLine.Pipeline;
import dev.paravirt.toyos.shell.Word;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Starts the programs of pipelines, and does itself what only the shell can do. */
final class Launcher {
    private static final int NOT_FOUND = 127;
    private static final int NEW_GROUP = -1;
    private static final int OWN_GROUP = 0;

    private final UserSpace user;
    private final Jobs jobs;
    private final @Nullable Prompt prompt;
    private int status;
    private boolean left;

    /** @param prompt null if no person types */
    Launcher(UserSpace user, Jobs jobs, @Nullable Prompt prompt) {
        this.user = user;
        this.jobs = jobs;
        this.prompt = prompt;
    }

    /** Of the last command. */
    int status() {
        return status;
    }

    void status(int newStatus) {
        status = newStatus;
    }

    /** Whether the shell was told to end. */
    boolean over() {
        return left;
    }

    void leave() {
        left = true;
    }

    /** Runs a pipeline and waits for it. */
    void foreground(Pipeline pipeline) throws UserException {
        List<List<String>> commands = expand(pipeline);
        if (commands.size() == 1 && BuiltIn.is(commands.getFirst().getFirst())) {
            alone(pipeline.commands().getFirst(), commands.getFirst());
            return;
        }
        Started started = start(pipeline, commands, UserSpace.INPUT, prompt != null ? NEW_GROUP : OWN_GROUP);
        if (!started.tasks().isEmpty()) {
            int last = jobs.await(started.group(), started.tasks());
            status = started.complete() ? last : status;
        }
    }

    /** Starts a list and goes on. */
    void background(AndOr list) throws UserException {
        int nothing = user.open("/dev/null");
        try {
            int group = prompt != null ? NEW_GROUP : OWN_GROUP;
            Started started;
            if (list.links().size() == 1) {
                Pipeline pipeline = list.links().getFirst().pipeline();
                started = start(pipeline, expand(pipeline), nothing, group);
            } else {
                int[] streams = {nothing, UserSpace.RESULTS, UserSpace.COMPLAINTS};
                int task = user.start(List.of("sh", "-c", list.source()), streams, group);
                started = new Started(task, List.of(task), true);
            }
            if (!started.tasks().isEmpty()) {
                jobs.add(started.group(), started.tasks(), list.source());
                status = started.complete() ? 0 : status;
            }
        } finally {
            user.close(nothing);
        }
    }

    private List<List<String>> expand(Pipeline pipeline) {
        List<List<String>> commands = new ArrayList<>();
        for (Command command : pipeline.commands()) {
            List<String> words = new ArrayList<>();
            for (Word word : command.words()) {
                words.addAll(word.expand(status, directory -> Names.in(user, directory)));
            }
            commands.add(words);
        }
        return commands;
    }

    /**
     * What of a pipeline could be started.
     *
     * @param complete whether that is all of it
     */
    private record Started(int group, List<Integer> tasks, boolean complete) {}

    private Started start(Pipeline pipeline, List<List<String>> commands, int input, int group) throws UserException {
        List<Integer> tasks = new ArrayList<>();
        boolean complete = true;
        int joined = group;
        int from = input;
        for (int i = 0; i < commands.size(); i++) {
            boolean last = i + 1 == commands.size();
            int[] pipe = last ? new int[] {UserSpace.INPUT, UserSpace.RESULTS} : user.pipe();
            Streams streams = new Streams(user, from, pipe[1]);
            try {
                int task = start(pipeline.commands().get(i), commands.get(i), streams, joined);
                tasks.add(task);
                joined = joined == NEW_GROUP ? task : joined;
            } catch (UserException failed) {
                complain(commands.get(i).getFirst(), failed);
                complete = false;
            } finally {
                streams.close();
                close(from, input);
                close(pipe[1], UserSpace.RESULTS);
            }
            from = pipe[0];
        }
        return new Started(joined, tasks, complete);
    }

    private int start(Command command, List<String> words, Streams streams, int group) throws UserException {
        streams.redirect(command, word -> single(word));
        if (BuiltIn.is(words.getFirst())) {
            throw new UserException(
                    "is the shell's own, and stands alone: " + words.getFirst(), Errno.INVALID_ARGUMENT);
        }
        try {
            return user.start(words, streams.descriptors(), group);
        } catch (UserException failed) {
            if (failed.errno() == Errno.NOT_FOUND) {
                throw new UserException("no such command: " + words.getFirst() + "; help lists all", Errno.NO_CHILD);
            }
            throw failed;
        }
    }

    /** A file's name is one word whatever the directory holds. */
    private String single(Word word) {
        return word.expand(status, directory -> List.of()).getFirst();
    }

    private void close(int fd, int unless) throws UserException {
        if (fd != unless) {
            user.close(fd);
        }
    }

    private void complain(String name, UserException failed) throws UserException {
        boolean unknown = failed.errno() == Errno.NO_CHILD;
        status = unknown ? NOT_FOUND : 1;
        user.complain((unknown || !BuiltIn.is(name) ? "sh" : name) + ": " + failed.getMessage());
    }

    private void alone(Command command, List<String> words) throws UserException {
        Streams streams = new Streams(user, UserSpace.INPUT, UserSpace.RESULTS);
        try {
            streams.redirect(command, this::single);
            status = new BuiltIn(user, this, jobs, prompt).run(words, streams.descriptors()[1]);
        } catch (UserException failed) {
            complain(words.getFirst(), failed);
        } finally {
            streams.close();
        }
    }
}
