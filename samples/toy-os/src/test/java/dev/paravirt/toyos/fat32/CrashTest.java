// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.toyos.block.SparseVolume;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The power fails after any one sector: the volume can be mounted, and what was synced is there. */
class CrashTest {
    private final byte[] precious = new byte[2500];
    private int crashes;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void everySectorIsAGoodLastOne(long seed) throws IOException {
        Random random = new Random(seed);
        random.nextBytes(precious);
        Disk disk = Disk.mount(Disk.blank());
        disk.write("/precious", precious);
        disk.fat.sync();
        disk.volume.afterSector = () -> crash(disk.volume, random);
        for (int i = 0; i < 250; i++) {
            operate(disk, random);
        }
        disk.volume.afterSector = () -> {};
        disk.close();
        assertThat(crashes).isGreaterThan(50);
    }

    private void operate(Disk disk, Random random) throws IOException {
        String path = "/file number " + random.nextInt(8);
        boolean exists = disk.fat.list("/").stream().anyMatch(status -> path.endsWith("/" + status.name()));
        if (!exists) {
            disk.write(path, content(random));
            return;
        }
        switch (random.nextInt(5)) {
            case 0 -> disk.fat.delete(path);
            case 1, 2 -> {
                try (FatFile file = disk.fat.open(path)) {
                    byte[] content = content(random);
                    file.write(random.nextInt((int) file.size() + 1), content, 0, content.length);
                }
            }
            case 3 -> {
                try (FatFile file = disk.fat.open(path)) {
                    file.truncate(random.nextInt((int) file.size() + 1));
                }
            }
            default -> disk.fat.sync();
        }
    }

    private void crash(SparseVolume volume, Random random) {
        if (random.nextInt(8) != 0) {
            return;
        }
        crashes++;
        try {
            Disk survivor = Disk.mount(volume.copy());
            assertThat(survivor.fat.check().problems()).isEqualTo(List.of());
            assertThat(survivor.read("/precious")).isEqualTo(precious);
            survivor.write("/after the crash", precious);
            survivor.close();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static byte[] content(Random random) {
        byte[] content = new byte[random.nextInt(9000)];
        Arrays.fill(content, (byte) random.nextInt());
        return content;
    }
}
