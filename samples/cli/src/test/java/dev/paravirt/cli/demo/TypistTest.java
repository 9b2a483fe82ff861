// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.console.ConsoleLine;
import dev.paravirt.cli.demo.Typist.Disappointment;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TypistTest {
    private static final int MOST_SHOWN = 32 << 20;

    private final Typist typist = new Typist();

    /** A guest that takes a few bytes at a time, and may answer them. */
    private final class Line implements ConsoleLine {
        final ByteArrayOutputStream typed = new ByteArrayOutputStream();
        final Consumer<String> answer;
        int wanted;

        Line(Consumer<String> answer) {
            this.answer = answer;
            typist.attach(this);
        }

        @Override
        public int input(byte[] bytes, int start, int length) {
            int taken = Math.min(length, 3);
            typed.write(bytes, start, taken);
            typist.inputWanted();
            answer.accept(new String(bytes, start, taken, StandardCharsets.UTF_8));
            return taken;
        }

        @Override
        public void outputWanted() {
            wanted++;
        }

        @Override
        public void resized(int columns, int rows) {}

        @Override
        public void hostOpen(boolean open) {}
    }

    private int show(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return typist.write(bytes, 0, bytes.length);
    }

    @Test
    void allKeysArriveHoweverFewAreTakenAtOnce() throws Exception {
        Line line = new Line(this::show);
        typist.type("echo gr\u00fc\u00dfe\r");
        typist.type("ls\r");
        assertThat(line.typed.toString(StandardCharsets.UTF_8)).isEqualTo("echo gr\u00fc\u00dfe\rls\r");
        typist.expect("echo");
        typist.expect("gr\u00fc\u00dfe\r");
        assertThat(typist.take(3)).isEqualTo("ls\r".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void whatWasLookedAtIsNotFoundAgain() throws Exception {
        show("one two");
        typist.expect("one");
        show(" three");
        typist.expect("two three");
        typist.close();
        assertThatThrownBy(() -> typist.expect("one")).isInstanceOf(Disappointment.class);
    }

    @Test
    void theEndOfTheMachineIsNotWaitedFor() {
        show("panic\033[2J: no disk");
        typist.close();
        assertThatThrownBy(() -> typist.expect("$ "))
                .isInstanceOf(Disappointment.class)
                .hasMessageContaining("before the machine ended")
                .hasMessageContaining("panic [2J: no disk");
        assertThatThrownBy(() -> typist.take(100)).hasMessageContaining("less than 100 bytes came");
        assertThatThrownBy(() -> typist.type("ls")).hasMessageContaining("the guest took no input");
    }

    @Test
    void aGuestThatShowsMoreThanIsLookedAtWaits() throws Exception {
        Line line = new Line(keys -> {});
        byte[] much = new byte[MOST_SHOWN + 1];
        assertThat(typist.write(much, 0, much.length)).isEqualTo(MOST_SHOWN);
        assertThat(typist.write(much, 0, 1)).isZero();
        assertThat(line.wanted).isZero();
        assertThat(typist.take(1)).containsExactly(0);
        assertThat(line.wanted).isEqualTo(1);
        assertThat(typist.write(much, 0, 1)).isEqualTo(1);
    }

    @Test
    void noCheckOfASessionHoldsWhereNobodyAnswers() throws Exception {
        Progress progress =
                new Progress(new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8), false);
        show("a banner of another system\r\n/ $ ");
        typist.close();
        DemoSettings settings = new DemoSettings(null, null, null, 1, true);
        List<Check> checks = new ConsoleSession(settings, typist, progress, 0).run();
        assertThat(checks).hasSizeGreaterThan(8).noneMatch(Check::holds);
    }
}
