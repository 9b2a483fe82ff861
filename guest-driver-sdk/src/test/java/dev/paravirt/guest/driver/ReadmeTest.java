// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.memory.DmaBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** README.md shows code that is this code, and that works. */
class ReadmeTest {
    private static final Path SOURCE = Path.of("src/test/java/dev/paravirt/guest/driver/ReadmeExample.java");

    @Test
    void theReadmeShowsTheseExamples() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        String[] parts = Files.readString(SOURCE).split(" *// \\[\\w+\\]\n");
        assertThat(parts).hasSize(7);
        for (int example = 1; example < parts.length; example += 2) {
            assertThat(readme)
                    .contains("```java\n" + parts[example].stripTrailing().stripIndent() + "\n```\n");
        }
    }

    @Test
    void theExamplesWork() throws IOException {
        Rig rig = new Rig(Rig.Way.HYPERCALL);
        assertThat(ReadmeExample.countBoot(rig.machine, rig.hypercalls)).isEqualTo(1);
        assertThat(ReadmeExample.countBoot(rig.machine, rig.hypercalls)).isEqualTo(2);

        DmaBuffer[] buffers = new DmaBuffer[1000];
        for (int sector = 0; sector < buffers.length; sector++) {
            buffers[sector] = rig.buffer(1, 0);
            rig.device.disk[sector * 512] = (byte) sector;
        }
        ReadmeExample.readAll(rig.start(), buffers);
        for (int sector = 0; sector < buffers.length; sector++) {
            assertThat(buffers[sector].getByte(0)).isEqualTo((byte) sector);
        }
    }

    @Test
    void theNetworkExampleWorks() throws IOException {
        FakeNetDevice device = new FakeNetDevice();
        NetDriver network = device.start(NetDriverTest.OPTIONS);
        for (int number = 0; number < 100; number++) {
            device.arriving.add(NetDriverTest.frame(60 + number, number));
        }
        assertThat(ReadmeExample.reflect(network)).isEqualTo(100);
        assertThat(device.sent).hasSize(100);
        assertThat(NetDriverTest.payload(device.sent.get(99)))
                .isEqualTo(NetDriverTest.payload(NetDriverTest.frame(159, 99)));
    }
}
