// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.toyos.shell.CommandLine.AndOr;
import dev.paravirt.toyos.shell.CommandLine.Command;
import dev.paravirt.toyos.shell.CommandLine.Link;
import dev.paravirt.toyos.shell.CommandLine.Output;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParserTest {
    private static final List<String> NAMES = List.of("a.txt", "B.TXT", "c.bin", ".hidden");

    /** The line as it was understood: words in brackets. */
    private static String understood(String line) throws SyntaxException {
        StringBuilder text = new StringBuilder();
        for (AndOr list : Parser.parse(line).lists()) {
            for (Link link : list.links()) {
                text.append(
                        switch (link.condition()) {
                            case ALWAYS -> "";
                            case AFTER_SUCCESS -> " && ";
                            case AFTER_FAILURE -> " || ";
                        });
                text.append(link.pipeline().commands().stream()
                        .map(ParserTest::text)
                        .collect(Collectors.joining(" | ")));
            }
            text.append(list.background() ? " & " : "; ");
        }
        return text.toString().strip();
    }

    private static String text(Command command) {
        String words = command.words().stream()
                .flatMap(word -> word.expand(7, directory -> directory.isEmpty() ? NAMES : List.of()).stream())
                .collect(Collectors.joining("][", "[", "]"));
        return words
                + (command.input() == null ? "" : " <" + command.input())
                + text(">", command.output())
                + text("2>", command.complaints());
    }

    private static String text(String operator, @Nullable Output output) {
        return output == null ? "" : " " + operator + (output.append() ? ">" : "") + output.path();
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            delimiter = '\t',
            value = {
                "ls\t[ls];",
                "~  ls   -l  ~\t[ls][-l];",
                "~~\t~~",
                "~   # nothing~\t~~",
                "echo a#b # c\t[echo][a#b];",
                "echo \"a b\" 'c d' e\\ f\t[echo][a b][c d][e f];",
                "echo a\"b c\"d''\t[echo][ab cd];",
                "echo ''\t[echo][];",
                "echo \"\\\"\\\\\\n\"\t[echo][\"\\\\n];",
                "echo $? \"$?\" '$?' \\$? $x\t[echo][7][7][$?][$?][$x];",
                "ls *.txt\t[ls][a.txt][B.TXT];",
                "ls '*.txt' \\*\t[ls][*.txt][*];",
                "ls ?.bin *z* .*\t[ls][c.bin][*z*][.hidden];",
                "ls /x/*.txt */a\t[ls][/x/*.txt][*/a];",
                "a <in >out\t[a] <in >out;",
                "a>>out 2>err\t[a] >>out 2>err;",
                "echo 2>x\t[echo] 2>x;",
                "echo 12>x\t[echo][12] >x;",
                "a | b | c\t[a] | [b] | [c];",
                "a|b&&c||d;e&\t[a] | [b] && [c] || [d]; [e] &",
                "a & b\t[a] & [b];",
                "a;\t[a];"
            })
    void linesAreUnderstood(String line, String expected) throws SyntaxException {
        assertThat(understood(line)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            delimiter = '\t',
            value = {
                "echo 'a\ta ' is not closed",
                "echo \"a\ta \" is not closed",
                "echo \\\tnothing follows the backslash at the end",
                "| a\ta command is missing before |",
                "a |\ta command is missing at the end",
                "a && ; b\ta command is missing before ;",
                "a >\tthe name of a file is missing after >",
                "a < | b\tthe name of a file is missing after <",
                ">x\ta command is missing at the end",
                "; a\ta command is missing before ;"
            })
    void whatIsNoneIsSaid(String line, String why) {
        assertThatThrownBy(() -> Parser.parse(line))
                .isInstanceOf(SyntaxException.class)
                .hasMessage(why);
    }

    @Test
    void theSourceOfAJobIsKept() throws SyntaxException {
        assertThat(Parser.parse("a ; sleep  5 | b  & c").lists())
                .extracting(AndOr::source)
                .containsExactly("a", "sleep  5 | b", "c");
    }

    @Test
    void anyLineIsUnderstoodOrRefused() {
        Random random = new Random(3);
        String alphabet = "ab '\"\\$?*<>|&;# 2";
        for (int round = 0; round < 20_000; round++) {
            String line = random.ints(random.nextInt(30), 0, alphabet.length())
                    .mapToObj(i -> alphabet.substring(i, i + 1))
                    .collect(Collectors.joining());
            try {
                understood(line);
            } catch (SyntaxException refused) {
                assertThat(refused.getMessage()).as(line).isNotBlank();
            }
        }
    }
}
