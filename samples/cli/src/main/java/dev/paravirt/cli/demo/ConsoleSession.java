// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.cli.demo.Typist.Disappointment;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** What is typed at the shell of the toy OS, and what must come back. */
final class ConsoleSession {
    private static final String PROMPT = "/ $ ";
    private static final String CONTROL_C = "\003";
    private static final String CONTROL_D = "\004";
    private static final int TYPED_LINE = 64;
    private static final int FEW = 4;
    private static final int COPIES = FEW * 10;
    private static final int COUNTED = 4;

    private final Typist typist;
    private final Progress progress;
    private final int exitCode;
    private final byte[] text;
    private final List<Check> checks = new ArrayList<>();
    private int commands;
    private double shownSeconds;
    private double typedSeconds;
    private boolean failed;

    /** @param exitCode what the machine is told to power off with */
    ConsoleSession(DemoSettings settings, Typist typist, Progress progress, int exitCode) {
        text = text(settings.seed(), settings.typedBytes());
        this.typist = typist;
        this.progress = progress;
        this.exitCode = exitCode;
    }

    private interface Step {
        void run() throws Disappointment, InterruptedException;
    }

    /** Works from the greeting to poweroff; after one step that fails, no more are tried. */
    List<Check> run() throws InterruptedException {
        step(0, "the shell of the toy OS greets", () -> {
            typist.expect("help lists the commands");
            typist.expect(PROMPT);
        });
        step(10, "help lists the commands", () -> command("help", "ls [-l] [PATH...]", "httpget", "poweroff"));
        step(15, "ls lists the files", () -> command("ls -l", "poems/", "README.TXT"));
        step(
                20,
                "Tab completes the name of a file, which cat shows",
                () -> command("cat READ\t", "This is the toy OS"));
        step(25, "a file is written, and read back", this::writeFile);
        step(30, "three programs work in a pipe", this::pipe);
        step(35, "Ctrl-C ends the program that runs, and not the machine", this::interrupt);
        step(40, Sizes.text(text.length) + " typed arrive byte for byte, and so does the echo", this::typeMuch);
        step(70, Sizes.text(shownBytes()) + " shown arrive byte for byte", this::show);
        step(100, "poweroff is taken", () -> type("poweroff " + exitCode));
        return checks;
    }

    private void step(int percent, String what, Step step) throws InterruptedException {
        // The line has no room for all of it.
        progress.at(percent, "console: " + what.split(",", 2)[0]);
        String problem = failed ? "not tried, because of what failed before" : "";
        if (!failed) {
            try {
                step.run();
            } catch (Disappointment disappointment) {
                problem = String.valueOf(disappointment.getMessage());
            }
        }
        failed = !problem.isEmpty();
        checks.add(new Check("console: " + what, problem));
    }

    /** Types a line, and waits for its echo. */
    private void type(String line) throws Disappointment, InterruptedException {
        typist.type(line + "\r");
        commands++;
        typist.expect("\r\n");
    }

    private void command(String line, String... answers) throws Disappointment, InterruptedException {
        type(line);
        for (String answer : answers) {
            typist.expect(answer);
        }
        typist.expect(PROMPT);
    }

    private void writeFile() throws Disappointment, InterruptedException {
        command("mkdir notes");
        command("echo the first line > notes/note.txt; echo another line >> notes/note.txt");
        command("cat notes/note.txt", "the first line\r\nanother line\r\n");
    }

    private void pipe() throws Disappointment, InterruptedException {
        command("cat notes/note.txt | grep another | wc", "        1        2       13\r\n");
    }

    private void interrupt() throws Disappointment, InterruptedException {
        type("sleep 100000000");
        typist.type(CONTROL_C);
        typist.expect("^C");
        typist.expect(PROMPT);
        command("echo status $?", "status 130\r\n");
        command("uptime", "up 0:0");
    }

    private void typeMuch() throws Disappointment, InterruptedException {
        byte[] echo = onTerminal(text);
        command("iostat", "console");
        type("cat > typed.txt");
        long start = System.nanoTime();
        typist.type(new String(text, StandardCharsets.US_ASCII).replace('\n', '\r'));
        compare(typist.take(echo.length), echo, "the echo");
        typist.type(CONTROL_D);
        typist.expect(PROMPT);
        typedSeconds = (System.nanoTime() - start) / 1e9;
        command("iostat", "console");
        command("sha256 typed.txt", FileDigest.of(text).sha256());
    }

    /** What was typed becomes a file many times as long. */
    private void show() throws Disappointment, InterruptedException {
        command("cat" + " typed.txt".repeat(FEW) + " > some.txt");
        command("cat" + " some.txt".repeat(COPIES / FEW) + " > much.txt");
        byte[] once = onTerminal(text);
        command("iostat", "console");
        type("cat much.txt");
        long start = System.nanoTime();
        byte[] shown = typist.take(once.length * COPIES);
        shownSeconds = (System.nanoTime() - start) / 1e9;
        for (int copy = 0; copy < COPIES; copy++) {
            compare(Arrays.copyOfRange(shown, copy * once.length, (copy + 1) * once.length), once, "what was shown");
        }
        typist.expect(PROMPT);
        command("iostat", "console");
    }

    private int shownBytes() {
        return text.length * COPIES;
    }

    /** Lines of text that are different from one another. */
    private static byte[] text(long seed, int length) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] text = new byte[length];
        for (int i = 0; i < text.length; i++) {
            boolean end = i % TYPED_LINE == TYPED_LINE - 1 || i == text.length - 1;
            text[i] = (byte) (end ? '\n' : '!' + random.nextInt('~' - '!' + 1));
        }
        return text;
    }

    /** A terminal begins a new line at its left. */
    private static byte[] onTerminal(byte[] bytes) {
        ByteArrayOutputStream shown = new ByteArrayOutputStream(bytes.length + bytes.length / TYPED_LINE);
        for (byte one : bytes) {
            if (one == '\n') {
                shown.write('\r');
            }
            shown.write(one);
        }
        return shown.toByteArray();
    }

    private static void compare(byte[] found, byte[] expected, String what) throws Disappointment {
        int differing = Arrays.mismatch(found, expected);
        if (differing >= 0) {
            throw new Disappointment(what + " differs at byte " + differing);
        }
    }

    /** What was done, in short. */
    String summary() {
        return commands + " commands typed at its shell, " + Sizes.text(text.length) + " typed to a program, "
                + Sizes.text(shownBytes()) + " shown";
    }

    /** @param counted by the guest's driver before and after each of two measurements */
    List<ThroughputRow> throughput(List<DeviceCount> counted) {
        if (counted.size() != COUNTED) {
            return List.of();
        }
        return List.of(
                row("shown by cat", shownBytes() / shownSeconds, counted.get(3).since(counted.get(2))),
                row(
                        "typed to cat, and echoed",
                        text.length / typedSeconds,
                        counted.get(1).since(counted.get(0))));
    }

    private static ThroughputRow row(String what, double bytesPerSecond, DeviceCount count) {
        return ThroughputRow.of("console", what, bytesPerSecond / 1e6, "buffer", count);
    }
}
