// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs of others. */
public final class ForeignProcess {
    private static final int MOST_START_SECONDS = 20;
    private static final int MOST_END_SECONDS = 5;

    private ForeignProcess() {}

    /** A program ended, or did not begin to listen. */
    public static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;

        private RefusedException(String message) {
            super(message);
        }
    }

    /** Whether a program is where commands are looked for; if not, says so, and what it is in. */
    public static boolean isThere(String program, String debianPackage) {
        boolean there = Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
        if (!there) {
            System.err.println("There is no " + program + " to compare with:"
                    + " apt-get install --no-install-recommends " + debianPackage);
        }
        return there;
    }

    /**
     * Starts a program.
     *
     * @param output where all that it says goes
     */
    public static Process start(List<String> command, Path output) throws IOException {
        return new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    /**
     * Starts one that listens at a socket, and returns when it does.
     *
     * @throws RefusedException with what it said, if it does not
     */
    public static Process startServer(List<String> command, Path output, Path socket)
            throws IOException, InterruptedException {
        Process server = start(command, output);
        try {
            long start = System.nanoTime();
            while (!Files.exists(socket)) {
                if (server.waitFor(50, TimeUnit.MILLISECONDS)
                        || System.nanoTime() - start > TimeUnit.SECONDS.toNanos(MOST_START_SECONDS)) {
                    throw new RefusedException(String.join(" ", command) + "\ndid not start as it should: "
                            + Files.readString(output).strip());
                }
            }
            return server;
        } catch (IOException | InterruptedException failure) {
            end(server);
            throw failure;
        }
    }

    /** Ends a process, by force if need be, and waits for that. */
    public static void end(Process process) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(MOST_END_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
