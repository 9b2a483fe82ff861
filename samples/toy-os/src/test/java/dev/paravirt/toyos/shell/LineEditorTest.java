// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.toyos.shell.Completer.Candidate;
import dev.paravirt.toyos.shell.Completer.Completion;
import dev.paravirt.toyos.shell.LineEditor.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys as a terminal sends them, and what it shows then. In the tables ^X is Ctrl with X, and ^[ is Escape. */
class LineEditorTest {
    private static final List<String> FILES = List.of("README.TXT", "notes.txt", "notebook", "poems/");

    private final History history = new History();
    private final KeyDecoder decoder = new KeyDecoder();
    private final LineEditor editor = new LineEditor(history, LineEditorTest::complete);
    private Screen screen = new Screen(20);

    /** The last word, out of a few files. */
    private static Completion complete(String line) {
        String typed = line.substring(line.lastIndexOf(' ') + 1);
        List<Candidate> found = FILES.stream()
                .filter(name -> name.startsWith(typed))
                .map(name -> new Candidate(name, name.endsWith("/") ? "" : " ", name))
                .toList();
        return new Completion(typed, found);
    }

    private Outcome type(String keys) {
        StringBuilder typed = new StringBuilder();
        for (int i = 0; i < keys.length(); i++) {
            boolean control = keys.charAt(i) == '^' && i + 1 < keys.length();
            typed.append(control ? (char) (keys.charAt(++i) & 0x1F) : keys.charAt(i));
        }
        return send(typed.toString().getBytes(StandardCharsets.UTF_8));
    }

    private Outcome send(byte[] bytes) {
        Outcome outcome = Outcome.EDITING;
        for (byte value : bytes) {
            Outcome next = editor.key(decoder.next(value & 0xFF));
            outcome = next == Outcome.EDITING ? outcome : next;
        }
        screen.write(editor.takeOutput());
        return outcome;
    }

    private void begin() {
        editor.begin("$ ", 20);
        screen.write(editor.takeOutput());
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            value = {
                "echo a,                           $ echo a_,       echo a",
                "abc^[[D^[[Dx,                     $ ax_bc,         axbc",
                "abc^[OD^[ODx,                     $ ax_bc,         axbc",
                "abc^Ax^Ey,                        $ xabcy_,        xabcy",
                "abc^[[Hx^[[Fy,                    $ xabcy_,        xabcy",
                "abc^[[1~x^[[4~y,                  $ xabcy_,        xabcy",
                "abc^B^B^Fx,                       $ abx_c,         abxc",
                "abc^H,                            $ ab_,           ab",
                "abc^A^[[3~,                       $ _bc,           bc",
                "abc^A^D,                          $ _bc,           bc",
                "one two^U,                        $ _,             ~~",
                "one two^B^B^B^K,                  $ one _,         ~one ~",
                "one two^W,                        $ one _,         ~one ~",
                "one two ^W,                       $ one _,         ~one ~",
                "one two^W^A^Y,                    $ two_one,       ~twoone ~",
                "one two^[b^[bx,                   $ x_one two,     xone two",
                "one two^[[1;5Dx,                  $ one x_two,     one xtwo",
                "one^A^[fx,                        $ onex_,         onex",
                "one two^A^[d,                     $ _ two,         ~ two~",
                "a^[[99~b,                         $ ab_,           ab",
                "a^[[<0;1;1Mb,                     $ ab_,           ab",
                "a^[]0;title^Gb,                   $ ab_,           ab",
                "a^[[200~b c^[[201~d,              $ ab cd_,        ab cd",
                "ab^L,                             $ ab_,           ab",
                "~cat RE^I~,                       $ cat README.TXT _, ~cat README.TXT ~",
                "~cat no^I~,                       $ cat note_,     cat note",
                "~cat po^Ix~,                      $ cat poems/x_,  cat poems/x",
                "~cat note^I~,                     ~$ cat note|notes.txt  notebook|$ cat note_~, cat note",
                "~cat zz^I~,                       $ cat zz_,       cat zz"
            })
    void keysMakeALine(String keys, String shown, String line) {
        begin();
        type(keys);
        assertThat(screen.shown()).isEqualTo(shown);
        assertThat(editor.line()).isEqualTo(line);
    }

    @Test
    void charactersAreWhole() {
        begin();
        type("\u00e4\u00f6\u53e4\u6c60x");
        assertThat(screen.shown()).isEqualTo("$ \u00e4\u00f6\u53e4\u6c60x_");
        type("^B^B^H^H");
        assertThat(editor.line()).isEqualTo("\u00e4\u6c60x");
        assertThat(screen.shown()).isEqualTo("$ \u00e4_\u6c60x");
        type("^U^Ke\u0301x^B^H");
        assertThat(editor.line()).as("an accent goes with its letter").isEqualTo("x");
    }

    @Test
    void aLongLineGoesOnInTheNextRow() {
        begin();
        type("0123456789abcdefgh");
        assertThat(screen.shown()).isEqualTo("$ 0123456789abcdefgh|_");
        type("ijk");
        assertThat(screen.shown()).isEqualTo("$ 0123456789abcdefgh|ijk_");
        type("^Ax");
        assertThat(screen.shown()).isEqualTo("$ x_0123456789abcdefg|hijk");
        type("^E^H^H^H^H^H");
        assertThat(screen.shown()).isEqualTo("$ x0123456789abcdef_");
        type("^U");
        assertThat(screen.shown()).isEqualTo("$ _");
    }

    @Test
    void aWideCharacterIsNotTornApart() {
        begin();
        type("0123456789abcdefg\u53e4");
        assertThat(screen.shown()).isEqualTo("$ 0123456789abcdefg|\u53e4_");
        type("^B");
        assertThat(screen.shown()).isEqualTo("$ 0123456789abcdefg|_\u53e4");
    }

    @Test
    void linesComeBack() {
        history.add("first");
        history.add("second");
        begin();
        type("new");
        type("^[[A^[[A^[[A");
        assertThat(editor.line()).isEqualTo("first");
        type("^[[B");
        assertThat(editor.line()).isEqualTo("second");
        type("^N");
        assertThat(editor.line()).as("what had not been entered").isEqualTo("new");
    }

    @Test
    void linesEnd() {
        begin();
        assertThat(type("a^D")).isEqualTo(Outcome.EDITING);
        assertThat(type("^M")).isEqualTo(Outcome.ENTERED);
        assertThat(screen.shown()).isEqualTo("$ a|_");
        begin();
        assertThat(type("abc^A^C")).isEqualTo(Outcome.ABANDONED);
        assertThat(screen.shown()).isEqualTo("$ a|$ abc^C|_");
        begin();
        assertThat(type("^D")).isEqualTo(Outcome.ENDED);
    }

    @Test
    void anotherWidthShowsTheLineAnew() {
        begin();
        type("0123456789abcdef");
        screen = new Screen(10);
        editor.resize(10);
        screen.write(editor.takeOutput());
        assertThat(screen.shown()).isEqualTo("$ 01234567|89abcdef_");
    }

    @Test
    void aLineHasALongestLength() {
        begin();
        type("x".repeat(EditedText.LONGEST));
        assertThat(screen.bells).isZero();
        type("yyy");
        assertThat(screen.bells).isEqualTo(3);
        assertThat(editor.line()).hasSize(EditedText.LONGEST).doesNotContain("y");
    }

    @Test
    void hostileInputIsJustInput() {
        Random random = new Random(7);
        byte[] noise = new byte[200];
        for (int round = 0; round < 2000; round++) {
            begin();
            random.nextBytes(noise);
            if (round % 2 == 0) {
                for (int i = 0; i < noise.length; i += 5) {
                    noise[i] = 0x1B;
                    noise[i + 1] = (byte) "[O]P_".charAt(random.nextInt(5));
                }
            }
            send(noise);
            // A string of a terminal's answer is the only thing that swallows more; Ctrl-C ends that too.
            type("^C");
            begin();
            type("ok");
            assertThat(editor.line()).as("round %d", round).isEqualTo("ok");
            assertThat(editor.line().codePoints()).noneMatch(Character::isISOControl);
        }
    }
}
