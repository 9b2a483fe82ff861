// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.cli.compare.carrier.Carriers;
import dev.paravirt.cli.compare.page.HtmlPage;
import dev.paravirt.cli.compare.report.Report;
import dev.paravirt.cli.compare.workload.Family;
import dev.paravirt.cli.compare.workload.Workload;
import dev.paravirt.cli.compare.workload.Workloads;
import dev.paravirt.cli.page.Browser;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/**
 * The page of a comparison as Chromium shows it, on a desk, on a phone, at night and on paper. The pictures stay in
 * target/compare-page, to be looked at.
 */
class ComparePageTest {
    private static final Path PICTURES = Path.of("target/compare-page");

    /** What is wrong with what is seen, line by line: texts cut off, over one another or too small, charts without marks. */
    private static final String FAULTS = """
        (() => {
          const faults = [];
          const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
          if (wide > 0) faults.push('the page is ' + wide + ' pixels wider than the window');
          const over = (a, b) => a.left < b.right && b.left < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom;
          for (const svg of document.querySelectorAll('svg')) {
            const name = svg.getAttribute('aria-label');
            const frame = svg.getBoundingClientRect();
            const scale = frame.width / svg.viewBox.baseVal.width;
            const texts = [...svg.querySelectorAll('text')].map(text => ({
              words: name + ': "' + text.textContent + '"',
              box: text.getBoundingClientRect(),
              size: parseFloat(getComputedStyle(text).fontSize) * scale
            }));
            for (const text of texts) {
              const box = text.box;
              if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1)
                faults.push(text.words + ' is cut off');
              if (text.size < 9) faults.push(text.words + ' is ' + text.size + ' pixels large');
              for (const other of texts)
                if (other !== text && over(box, other.box)) faults.push(text.words + ' is over ' + other.words);
              if (/NaN|Infinity/.test(text.words)) faults.push(text.words + ' is no figure');
            }
            if (svg.querySelectorAll('.grid').length < 2) faults.push(name + ': no axis');
          }
          return faults.join('\\n');
        })()""";

    private static Report report() throws IOException {
        try (Contest contest = new Contest(Carriers.find("thread").orElseThrow(), Workloads.all())) {
            return contest.run(3, TimeUnit.MILLISECONDS.toNanos(3), () -> false, (round, turns) -> {});
        }
    }

    @Test
    void isSeenAsItIsMeant() throws Exception {
        Report report = report();
        Files.createDirectories(PICTURES);
        Path page = Files.writeString(PICTURES.resolve("page.html"), HtmlPage.of(report));
        try (Browser browser = Browser.start()) {
            browser.open(page, 1280, 800, false);
            assertThat(browser.evaluate(FAULTS)).as("on a desk").isEmpty();
            assertThat(browser.evaluate("document.querySelectorAll('svg').length"))
                    .isEqualTo(Integer.toString(charts()));
            assertThat(browser.evaluate("document.querySelectorAll('caption').length"))
                    .as("each table names its carrier")
                    .isEqualTo(browser.evaluate("document.querySelectorAll('table').length"));
            BufferedImage day = keep(browser.picture(), "desk.png");
            assertThat(hues(day)).as("marks in colours").isGreaterThan(100);

            browser.preferDark(true);
            BufferedImage night = keep(browser.picture(), "night.png");
            assertThat(brightness(night)).isLessThan(brightness(day) / 2);
            browser.preferDark(false);

            browser.open(page, 390, 800, true);
            assertThat(browser.evaluate(FAULTS)).as("on a phone").isEmpty();
            keep(browser.picture(), "phone.png");

            byte[] paper = browser.print();
            Files.write(PICTURES.resolve("paper.pdf"), paper);
            assertThat(new String(paper, StandardCharsets.ISO_8859_1))
                    .startsWith("%PDF")
                    .contains("/Type /Page");

            Path picture = Files.writeString(PICTURES.resolve("picture.svg"), HtmlPage.picture(report));
            browser.open(picture, 800, 600, false);
            assertThat(hues(keep(browser.picture(), "picture.png"))).isGreaterThan(100);

            assertThat(browser.complaints()).isEmpty();
            assertThat(browser.requests())
                    .as("it needs nothing else")
                    .allMatch(url -> url.endsWith("/page.html") || url.endsWith("/picture.svg"));
        }
    }

    /** How the fast ones gain, what an exit costs, and for each kind of work: rate, latency, exits, processor time. */
    private static int charts() {
        int charts = 2;
        for (Workload workload : Workloads.all()) {
            if (workload.family() != Family.EXIT) {
                charts += workload.hasLatency() ? 4 : 3;
            }
        }
        return charts;
    }

    private static BufferedImage keep(byte[] picture, String name) throws IOException {
        Files.write(PICTURES.resolve(name), picture);
        return ImageIO.read(new ByteArrayInputStream(picture));
    }

    /** Points that are clearly coloured. */
    private static long hues(BufferedImage image) {
        return points(image)
                .filter(point -> {
                    int red = point >> 16 & 0xff;
                    int green = point >> 8 & 0xff;
                    int blue = point & 0xff;
                    return Math.max(red, Math.max(green, blue)) - Math.min(red, Math.min(green, blue)) > 100;
                })
                .count();
    }

    private static double brightness(BufferedImage image) {
        return points(image).map(point -> point >> 8 & 0xff).average().orElse(0);
    }

    private static IntStream points(BufferedImage image) {
        return IntStream.range(0, image.getHeight())
                .flatMap(y -> IntStream.range(0, image.getWidth()).map(x -> image.getRGB(x, y)));
    }
}
