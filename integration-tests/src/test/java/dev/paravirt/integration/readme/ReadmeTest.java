// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the documents say is so: their samples compile and run, their links and tests exist. */
class ReadmeTest {
    private static final Path ROOT = Path.of(System.getProperty("basedir", ".")).resolve("..");
    private static final Pattern CODE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern SAMPLE = Pattern.compile("// \\[readme\n(.*?)// readme]", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("]\\(([^)#:]+)(#[^)]*)?\\)");
    private static final Pattern TEST_NAME = Pattern.compile("`(\\w+Test)\\b");

    @ParameterizedTest
    @CsvSource({
        "README.md,BlockSample",
        "virtqueue/README.md,VirtqueueSample",
        "virtio-spec/README.md,SpecificationSample"
    })
    void codeIsThatOfTheSample(String document, String sample) throws IOException {
        Path source =
                ROOT.resolve("integration-tests/src/test/java/dev/paravirt/integration/readme/" + sample + ".java");
        assertThat(onlyMatch(CODE, ROOT.resolve(document))).isEqualTo(onlyMatch(SAMPLE, source));
    }

    /** The text between the marks, without its indentation. */
    private static List<String> onlyMatch(Pattern pattern, Path file) throws IOException {
        List<String> found = pattern.matcher(Files.readString(file))
                .results()
                .map(match -> match.group(1).stripIndent().strip())
                .toList();
        assertThat(found).as("samples in " + file).hasSize(1);
        return found.getFirst().lines().map(line -> line.strip()).toList();
    }

    @Test
    void samplesDoWhatTheySay() throws IOException {
        assertThat(BlockSample.run()).isEqualTo(42);
        assertThat(VirtqueueSample.run()).isEqualTo(42);
        assertThat(SpecificationSample.run(FeatureBits.of(Features.VERSION_1), 4, 5, 4))
                .isTrue();
        assertThatThrownBy(() -> SpecificationSample.run(FeatureBits.NONE, 4, 5, 4))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("FLUSH");
    }

    static Stream<Path> documents() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT, 3)) {
            return files
                    .filter(file -> file.toString().endsWith(".md"))
                    .filter(file -> !file.toString().contains("target"))
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void linksLeadSomewhere(Path document) throws IOException {
        for (MatchResult link :
                LINK.matcher(Files.readString(document)).results().toList()) {
            assertThat(document.resolveSibling(link.group(1))).as(link.group()).exists();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md"})
    void namedTestsExist(String document) throws IOException {
        List<String> tests;
        try (Stream<Path> files = Files.walk(ROOT)) {
            tests = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith("Test.java"))
                    .map(name -> name.replace(".java", ""))
                    .toList();
        }
        assertThat(TEST_NAME
                        .matcher(Files.readString(ROOT.resolve(document)))
                        .results()
                        .map(match -> match.group(1)))
                .isNotEmpty()
                .isSubsetOf(tests);
    }
}
