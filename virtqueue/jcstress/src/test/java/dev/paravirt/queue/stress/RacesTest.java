// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs all races of this package under jcstress: for a moment and in one configuration of the JVM, or with
 * {@code -Pthorough} for as long, and in as many configurations, as jcstress thinks right. The report is in
 * {@code target/jcstress}.
 */
@Timeout(14_400)
class RacesTest {
    /** The kinds of race times the formats they are run with. */
    private static final int RACES = 12;

    private static final Pattern RESULTS = Pattern.compile(
            "\\(Results: (\\d+) planned; (\\d+) passed, (\\d+) failed, (\\d+) soft errs, (\\d+) hard errs\\)");

    private static List<String> arguments() {
        return Boolean.getBoolean("paravirt.thorough")
                ? List.of("-m", "default")
                : List.of("-f 1 -fsm 1 -iters 1 -time 100 -af NONE -sc false -jvmArgs -XX:+UseSerialGC".split(" "));
    }

    @Test
    void noRaceEndsInWhatIsForbidden(@TempDir Path directory) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "org.openjdk.jcstress.Main",
                "-r",
                Path.of("target", "jcstress").toAbsolutePath().toString()));
        command.addAll(arguments());
        Path output = directory.resolve("output");
        int status = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start()
                .waitFor();
        String said = Files.readString(output);
        assertThat(status).as(said).isZero();
        // jcstress itself is content when a test could not run at all.
        Matcher results = RESULTS.matcher(said);
        List<Integer> last = List.of();
        while (results.find()) {
            last = numbers(results);
        }
        assertThat(last).as(said).hasSize(5);
        assertThat(last.get(0)).as("planned").isGreaterThanOrEqualTo(RACES);
        assertThat(last.get(1)).as(said).isEqualTo(last.get(0));
        assertThat(last.subList(2, 5)).as(said).containsOnly(0);
    }

    private static List<Integer> numbers(Matcher results) {
        List<Integer> numbers = new ArrayList<>();
        for (int group = 1; group <= results.groupCount(); group++) {
            numbers.add(Integer.valueOf(results.group(group)));
        }
        return numbers;
    }
}
