// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.carrier;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Another JVM, which runs a main class of the tests and starts quickly. */
public final class ChildProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Process process;
    private final BufferedReader output;

    private ChildProcess(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    public static ChildProcess start(Class<?> main, String... arguments) throws IOException {
        return start("-XX:TieredStopAtLevel=1", main, arguments);
    }

    /** Starts one that runs for long enough to be compiled well. */
    public static ChildProcess startLong(Class<?> main, String... arguments) throws IOException {
        return start("-XX:TieredStopAtLevel=4", main, arguments);
    }

    /** Has one started by another program, which is given its command as further arguments. */
    public static ChildProcess startBy(List<String> starter, Class<?> main, String... arguments) throws IOException {
        return start(Stream.concat(starter.stream(), command("-XX:TieredStopAtLevel=1", main, arguments).stream())
                .toList());
    }

    private static ChildProcess start(String compiler, Class<?> main, String... arguments) throws IOException {
        return start(command(compiler, main, arguments));
    }

    private static ChildProcess start(List<String> command) throws IOException {
        return new ChildProcess(
                new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    private static List<String> command(String compiler, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                compiler,
                "-XX:+UseSerialGC",
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "-Dparavirt.thorough=" + Boolean.getBoolean("paravirt.thorough"),
                "-cp",
                classPath(),
                main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    private static String classPath() {
        String modules = System.getProperty("jdk.module.path", "");
        String classes = System.getProperty("java.class.path", "");
        return modules.isEmpty() ? classes : modules + File.pathSeparator + classes;
    }

    /** The next line of its output, or null at its end. */
    public String line() throws IOException {
        return output.readLine();
    }

    /** Reads up to the first line with this text, which it has to say some time, and returns that. */
    public String awaitLine(String text) throws IOException {
        StringBuilder said = new StringBuilder();
        for (String line = line(); line != null; line = line()) {
            if (line.contains(text)) {
                return line;
            }
            said.append(line).append('\n');
        }
        throw new AssertionError("it has ended and did not say \"" + text + "\", but: " + said);
    }

    public long pid() {
        return process.pid();
    }

    /** Asks it to end, by SIGTERM, and does not wait. */
    public void terminate() {
        process.toHandle().destroy();
    }

    /** Whether it ends within a time. */
    public boolean endsWithin(Duration time) throws InterruptedException {
        return process.waitFor(time);
    }

    /** Waits for its end and returns its exit status. */
    public int awaitEnd() throws InterruptedException {
        if (!endsWithin(PATIENCE)) {
            throw new AssertionError("process " + process.pid() + " does not end");
        }
        return process.exitValue();
    }

    /** Ends it as {@code kill -9} does, and waits for that. */
    public void kill() throws InterruptedException {
        // Process.destroyForcibly() would close the output before it is read.
        process.toHandle().destroyForcibly();
        awaitEnd();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        output.close();
    }
}
