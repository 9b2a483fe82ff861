// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A line of the shell's language: lists parted by {@code ;} or {@code &}, of pipelines parted by {@code &&} and {@code ||},
 * of commands parted by {@code |}.
 */
public record CommandLine(List<AndOr> lists) {
    public CommandLine {
        lists = List.copyOf(lists);
    }

    /**
     * Pipelines of which each runs if the one before succeeded, or if it did not.
     *
     * @param background whether the shell goes on without waiting
     * @param source as it was typed
     */
    public record AndOr(List<Link> links, boolean background, String source) {
        public AndOr {
            links = List.copyOf(links);
        }
    }

    /** When a pipeline runs. */
    public enum Condition {
        ALWAYS,
        AFTER_SUCCESS,
        AFTER_FAILURE
    }

    public record Link(Condition condition, Pipeline pipeline) {}

    public record Pipeline(List<Command> commands) {
        public Pipeline {
            commands = List.copyOf(commands);
        }
    }

    /** A program with its arguments, and where its input comes from and its output goes; null for where the shell's does. */
    public record Command(
            List<Word> words,
            @Nullable Word input,
            @Nullable Output output,
            @Nullable Output complaints) {
        public Command {
            words = List.copyOf(words);
        }
    }

    public record Output(Word path, boolean append) {}
}
