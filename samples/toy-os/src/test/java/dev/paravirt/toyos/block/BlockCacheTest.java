// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockCacheTest {
    private static final int BLOCK = BlockCache.BLOCK_SIZE;
    private static final int SECTORS = BLOCK / 512;

    private final SparseVolume volume = new SparseVolume(1024L * SECTORS);
    private final BlockCache cache = new BlockCache(volume, 16 * BLOCK);

    @Test
    void randomAccessGivesWhatAnArrayGives() throws IOException {
        byte[] model = new byte[(int) cache.size()];
        Random random = new Random(1);
        byte[] scratch = new byte[3 * BLOCK];
        for (int i = 0; i < 20_000; i++) {
            int length = random.nextInt(scratch.length) + 1;
            int offset = random.nextInt(model.length - length + 1);
            switch (random.nextInt(10)) {
                case 0, 1, 2, 3 -> {
                    random.nextBytes(scratch);
                    cache.write(offset, scratch, 0, length, WriteOrder.values()[random.nextInt(3)]);
                    System.arraycopy(scratch, 0, model, offset, length);
                }
                case 4 -> {
                    cache.clear(offset, length, WriteOrder.DATA);
                    Arrays.fill(model, offset, offset + length, (byte) 0);
                }
                case 5 -> cache.sync();
                default -> {
                    cache.read(offset, scratch, 0, length);
                    assertThat(Arrays.equals(scratch, 0, length, model, offset, offset + length))
                            .isTrue();
                }
            }
        }
        cache.sync();
        assertThat(cache.dirtyBlocks()).isZero();
        for (int i = 0; i < model.length; i += 97) {
            assertThat(volume.getByte(i)).isEqualTo(model[i] & 0xFF);
        }
    }

    @Test
    void wordsAreLittleEndian() throws IOException {
        cache.putInt(8, 0x01020304, WriteOrder.DATA);
        byte[] bytes = new byte[4];
        cache.read(8, bytes, 0, 4);
        assertThat(bytes).containsExactly(4, 3, 2, 1);
        assertThat(cache.getInt(8)).isEqualTo(0x01020304);
    }

    @Test
    void neighboursAreWrittenTogetherAndInOrder() throws IOException {
        write(40, WriteOrder.DIRECTORY);
        write(30, WriteOrder.ALLOCATION);
        write(12, WriteOrder.DATA);
        write(11, WriteOrder.DATA);
        write(10, WriteOrder.DATA);
        write(20, WriteOrder.DATA);
        volume.log.clear();
        cache.sync();
        assertThat(volume.log)
                .containsExactly(
                        transfer("write", 10, 3),
                        transfer("write", 20, 1),
                        "flush",
                        transfer("write", 30, 1),
                        "flush",
                        transfer("write", 40, 1),
                        "flush");
        volume.log.clear();
        cache.sync();
        assertThat(volume.log).isEmpty();
    }

    @Test
    void wholeBlocksAreNotReadBeforeTheyAreWritten() throws IOException {
        write(5, WriteOrder.DATA);
        assertThat(volume.log).isEmpty();
        cache.write(6 * BLOCK + 1, new byte[1], 0, 1, WriteOrder.DATA);
        assertThat(volume.log).containsExactly(transfer("read", 6, 1));
    }

    @Test
    void sequentialReadsAreReadAheadInGrowingTransfers() throws IOException {
        for (int block = 0; block < 64; block++) {
            read(block);
        }
        assertThat(volume.log.subList(0, 2)).containsExactly(transfer("read", 0, 1), transfer("read", 1, 2));
        assertThat(volume.log).hasSizeLessThan(24).contains(transfer("read", 3, 4));
        assertThat(cache.statistics().misses()).isLessThan(8);
    }

    @Test
    void readingAheadSparesTheBlockInUse() throws IOException {
        for (long sector = 100 * SECTORS; sector < 113 * SECTORS; sector++) {
            volume.badForWriting.add(sector);
        }
        for (int block = 100; block < 113; block++) {
            write(block, WriteOrder.DATA);
        }
        assertThat(cache.dirtyBlocks())
                .as("just three places are left to read into")
                .isEqualTo(13);
        for (int block = 0; block < 64; block++) {
            volume.setByte((long) block * BLOCK + 17, block);
        }
        byte[] found = new byte[1];
        for (int block = 0; block < 64; block++) {
            cache.read((long) block * BLOCK + 17, found, 0, 1);
            assertThat(found[0]).isEqualTo((byte) block);
        }
    }

    @Test
    void randomReadsAreNotReadAhead() throws IOException {
        for (int block : new int[] {100, 7, 300, 50, 900, 33, 500}) {
            read(block);
        }
        assertThat(volume.log).hasSize(7).allMatch(entry -> entry.endsWith(" " + SECTORS));
    }

    @Test
    void aBadSectorInAReadAheadDoesNotHarmItsNeighbours() throws IOException {
        volume.badForReading.add(6L * SECTORS);
        for (int block = 0; block < 6; block++) {
            read(block);
        }
        assertThatIOException().isThrownBy(() -> read(6)).withMessageContaining("sector " + 6 * SECTORS);
        read(7);
        volume.badForReading.clear();
        read(6);
    }

    @Test
    void failedWriteBackIsReportedOnceAndTheBlockIsKept() throws IOException {
        volume.badForWriting.add(9L * SECTORS);
        cache.write(9 * BLOCK, new byte[] {42}, 0, 1, WriteOrder.DATA);
        write(30, WriteOrder.DIRECTORY);
        assertThatIOException().isThrownBy(cache::sync).withMessageContaining("cannot write sector " + 9 * SECTORS);
        assertThat(cache.dirtyBlocks()).isEqualTo(2);
        assertThat(volume.getByte(30L * BLOCK))
                .as("the directory must not overtake the data")
                .isZero();
        volume.badForWriting.clear();
        cache.sync();
        assertThat(volume.getByte(9L * BLOCK)).isEqualTo(42);
        assertThat(volume.getByte(30L * BLOCK)).isEqualTo(1);
        assertThat(cache.dirtyBlocks()).isZero();
    }

    @Test
    void failureInTheBackgroundIsReportedByTheNextSync() throws IOException {
        volume.badForWriting.add(0L);
        for (int block = 0; block < 12; block++) {
            write(block * 2, WriteOrder.DATA);
        }
        volume.badForWriting.clear();
        assertThatIOException().isThrownBy(cache::sync).withMessageContaining("cannot write sector 0");
        cache.sync();
        assertThat(volume.getByte(0)).isEqualTo(1);
    }

    @Test
    void failedFlushKeepsTheBlocksDirty() throws IOException {
        write(3, WriteOrder.DATA);
        volume.flushFails = true;
        assertThatIOException().isThrownBy(cache::sync);
        assertThat(cache.dirtyBlocks()).isEqualTo(1);
        volume.flushFails = false;
        volume.log.clear();
        cache.sync();
        assertThat(volume.log).contains(transfer("write", 3, 1));
    }

    @Test
    void aCacheFullOfUnwritableBlocksFailsAndRecovers() throws IOException {
        for (long sector = 0; sector < volume.sectorCount(); sector++) {
            volume.badForWriting.add(sector);
        }
        assertThatIOException().isThrownBy(() -> {
            for (int block = 0; block < 17; block++) {
                write(block, WriteOrder.DATA);
            }
        });
        volume.badForWriting.clear();
        write(17, WriteOrder.DATA);
        cache.sync();
        for (int block = 0; block < 16; block++) {
            assertThat(volume.getByte((long) block * BLOCK)).isEqualTo(1);
        }
    }

    @Test
    void volumesThatAreNoMultipleOfABlockAreReachedToTheirEnd() throws IOException {
        SparseVolume odd = new SparseVolume(1001);
        BlockCache oddCache = new BlockCache(odd, 0);
        oddCache.write(1001 * 512 - 1, new byte[] {7}, 0, 1, WriteOrder.DATA);
        oddCache.sync();
        assertThat(odd.getByte(1001 * 512 - 1)).isEqualTo(7);
        assertThatThrownBy(() -> oddCache.getInt(1001 * 512)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void hotBlocksSurviveAScan() throws IOException {
        List<Integer> hot = List.of(900, 901);
        for (int block = 0; block < 200; block += 2) {
            for (int h : hot) {
                read(h);
            }
            read(block);
        }
        volume.log.clear();
        for (int h : hot) {
            read(h);
        }
        assertThat(volume.log).isEmpty();
    }

    private void write(int block, WriteOrder order) throws IOException {
        byte[] content = new byte[BLOCK];
        content[0] = 1;
        cache.write((long) block * BLOCK, content, 0, BLOCK, order);
    }

    private void read(int block) throws IOException {
        cache.read((long) block * BLOCK + 17, new byte[1], 0, 1);
    }

    private static String transfer(String what, int block, int blocks) {
        return what + " " + block * SECTORS + " " + blocks * SECTORS;
    }
}
