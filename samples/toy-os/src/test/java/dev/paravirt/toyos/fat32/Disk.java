// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.toyos.block.BlockCache;
import dev.paravirt.toyos.block.SparseVolume;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** A disk with a FAT32 volume on it, and shorthand for what tests do with one. */
final class Disk implements AutoCloseable {
    /** 2026-05-04 03:02:01 UTC. */
    static final long NOW = 1_777_863_721_000L;

    private static final long BLANK_SECTORS = 2048;

    final SparseVolume volume;
    final BlockCache cache;
    final Fat32Volume fat;

    private Disk(SparseVolume volume, Fat32Volume.Access access, int cacheBytes) throws IOException {
        this.volume = volume;
        cache = new BlockCache(volume, cacheBytes);
        fat = Fat32Volume.mount(cache, () -> NOW, access);
    }

    /** An empty volume of 1 MiB with clusters of 512 bytes, made by mkfs.vfat once (see its README). */
    static SparseVolume blank() {
        try (InputStream in = new GZIPInputStream(Disk.class.getResourceAsStream("blank.img.gz"))) {
            SparseVolume volume = new SparseVolume(BLANK_SECTORS);
            volume.fill(in, Long.MAX_VALUE);
            return volume;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    static Disk mount(SparseVolume volume) throws IOException {
        return new Disk(volume, Fat32Volume.Access.READ_WRITE, 64 << 10);
    }

    static Disk mountReadOnly(SparseVolume volume) throws IOException {
        return new Disk(volume, Fat32Volume.Access.READ_ONLY, 64 << 10);
    }

    static Disk mount(SparseVolume volume, int cacheBytes) throws IOException {
        return new Disk(volume, Fat32Volume.Access.READ_WRITE, cacheBytes);
    }

    void write(String path, byte[] content) throws IOException {
        try (FatFile file = fat.create(path)) {
            file.write(0, content, 0, content.length);
        }
    }

    void write(String path, String content) throws IOException {
        write(path, content.getBytes(StandardCharsets.UTF_8));
    }

    byte[] read(String path) throws IOException {
        try (FatFile file = fat.open(path)) {
            byte[] content = new byte[(int) file.size()];
            int read = file.read(0, content, 0, content.length);
            assertThat(read).isEqualTo(content.length == 0 ? -1 : content.length);
            return content;
        }
    }

    String text(String path) throws IOException {
        return new String(read(path), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        fat.close();
    }

    /** Unmounts, and has fsck.vfat look at the result. */
    void closeAndCheck(Path file) throws IOException, InterruptedException {
        close();
        volume.save(file);
        fsck(file);
    }

    static void fsck(Path file) throws IOException, InterruptedException {
        Peers.Outcome outcome = Peers.attempt("fsck.vfat", "-n", "-V", file);
        assertThat(outcome.status()).as(outcome.output()).isZero();
    }
}
