// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

import dev.paravirt.cli.demo.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What figures depend on besides what is measured.
 *
 * @param load processes that wanted to run in the minute before, on average
 * @param commit of the sources, with "+" if they are changed; or "unknown"
 */
public record Surroundings(
        Instant time, String system, String processor, int processors, String java, String commit, String load) {
    private static final String UNKNOWN = "unknown";

    public static Surroundings look() {
        return new Surroundings(
                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch"),
                processorName(),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("java.vm.name") + " " + Runtime.version(),
                commitOfSources(),
                firstLine("/proc/loadavg", line -> Optional.of(line.split(" ", 2)[0])));
    }

    /** Whether others wanted at least half of the processors: then exits wait, and whatever has many looks worse. */
    boolean isBusy() {
        return !load.equals(UNKNOWN) && 2 * Double.parseDouble(load) >= processors;
    }

    /** For people. */
    public String line() {
        return String.format(
                "%s; %d x %s; %s; %s; commit %s; load before %s",
                time, processors, processor, system, java, commit, load);
    }

    private static String processorName() {
        return firstLine(
                "/proc/cpuinfo",
                line -> line.startsWith("model name")
                        ? Optional.of(line.substring(line.indexOf(':') + 1).strip())
                        : Optional.empty());
    }

    private interface Finder {
        Optional<String> find(String line);
    }

    private static String firstLine(String file, Finder finder) {
        try (Stream<String> lines = Files.lines(Path.of(file))) {
            return lines.map(finder::find).flatMap(Optional::stream).findFirst().orElse(UNKNOWN);
        } catch (IOException absent) {
            return UNKNOWN;
        }
    }

    /** Of the checkout that this program was built in, if it was. */
    private static String commitOfSources() {
        Optional<Tool> git = Tool.find("git");
        try {
            Path here = Path.of(Surroundings.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .getPath());
            Path folder = Files.isDirectory(here) ? here : here.toAbsolutePath().getParent();
            return git.isEmpty() || folder == null ? UNKNOWN : commit(git.get(), folder);
        } catch (IOException failure) {
            return UNKNOWN;
        } catch (InterruptedException early) {
            Thread.currentThread().interrupt();
            return UNKNOWN;
        }
    }

    private static String commit(Tool git, Path folder) throws IOException, InterruptedException {
        Tool.Outcome commit = git.attempt("-C", folder, "rev-parse", "--short=12", "HEAD");
        Tool.Outcome changed = git.attempt("-C", folder, "status", "--porcelain", "--untracked-files=no");
        if (commit.status() != 0 || changed.status() != 0) {
            return UNKNOWN;
        }
        return commit.output().strip() + (changed.output().isBlank() ? "" : "+");
    }
}
