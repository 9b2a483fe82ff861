// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** JVMs that run a class of this program: some serve until they are not needed any more, some measure. */
public final class JavaProcess {
    private static final int MOST_EXTRA_SECONDS = 60;

    private JavaProcess() {}

    /** The command line of such a JVM. */
    public static List<String> command(Class<?> main, String... arguments) {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xms64m",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        words.addAll(List.of(arguments));
        return words;
    }

    /** Starts one whose main method ends with {@link #serveToEndOfInput}, and returns when it listens. */
    public static Process startServer(Conditions conditions, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        Process server = start(conditions, main, arguments);
        if (server.inputReader().readLine() == null) {
            server.destroyForcibly().waitFor();
            throw new IOException(main.getSimpleName() + " did not start as it should");
        }
        return server;
    }

    /** Says that something listens, and lets it until whoever started this has what it wants, or is gone. */
    public static void serveToEndOfInput() throws IOException {
        System.out.println("listening");
        while (System.in.read() >= 0) {
            // Nothing is said there.
        }
    }

    /** Runs one to its end, and returns the number that its output begins with. */
    public static double measure(Conditions conditions, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        Process process = start(conditions, main, arguments);
        try {
            int most = conditions.warmUp() + conditions.seconds() + MOST_EXTRA_SECONDS;
            if (!process.waitFor(most, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(main.getSimpleName() + " did not end as it should");
            }
            return firstNumber(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        } finally {
            process.destroyForcibly();
        }
    }

    /** The number that an output of several, or of one, begins with. */
    public static double firstNumber(String output) {
        return Double.parseDouble(output.strip().split(" ", 2)[0]);
    }

    private static Process start(Conditions conditions, Class<?> main, String... arguments) throws IOException {
        return new ProcessBuilder(conditions.command(command(main, arguments)))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
