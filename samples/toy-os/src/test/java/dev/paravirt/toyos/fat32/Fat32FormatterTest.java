// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.block.SparseVolume;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Fat32FormatterTest {
    private static final String LONG_NAME = "A name that needs several slots.text";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(longs = {68_000, 131_072, 131_073, 532_481, 614_400, 17_000_000, 40_000_000})
    void othersFindNoFaultInIt(long sectors) throws Exception {
        Peers.require("fsck.vfat");
        Disk disk = Disk.mount(formatted(sectors));
        VolumeSpace empty = disk.fat.space();
        disk.fat.makeDirectory("/directory");
        disk.write("/directory/" + LONG_NAME, "content");
        assertThat(disk.fat.label()).isEqualTo("NEW VOLUME");
        assertThat(empty.clusters() * empty.clusterSize())
                .as("little room is lost")
                .isGreaterThan((long) (sectors * 512 * 0.98));
        disk.closeAndCheck(folder.resolve("formatted.img"));
    }

    @Test
    void whatWasThereIsGone() throws IOException {
        SparseVolume volume = formatted(131_072);
        Disk first = Disk.mount(volume);
        first.write("/" + LONG_NAME, "content");
        first.close();
        Fat32Formatter.format(new BlockCache(volume, 1 << 20), "AGAIN", 2);
        Disk again = Disk.mount(volume);
        assertThat(again.fat.list("/")).isEmpty();
        assertThat(again.fat.check().faultless()).isTrue();
        assertThat(again.fat.label()).isEqualTo("AGAIN");
    }

    @Test
    void aDiskThatWouldBeTakenForFat16IsRefused() {
        assertThatThrownBy(() -> formatted(66_000))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("too small for FAT32");
    }

    @Test
    void aLabelHasElevenCharacters() {
        BlockCache cache = new BlockCache(new SparseVolume(131_072), 1 << 20);
        assertThatThrownBy(() -> Fat32Formatter.format(cache, "TWELVE CHARS", 1))
                .hasMessageContaining("longer than 11");
    }

    private static SparseVolume formatted(long sectors) throws IOException {
        SparseVolume volume = new SparseVolume(sectors);
        Fat32Formatter.format(new BlockCache(volume, 1 << 20), "New Volume", 0x1234_ABCD);
        return volume;
    }
}
