// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.block;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A disk for tests: keeps just sectors that are not zero, notes each transfer, fails where it is told to, and can lose
 * what was not flushed. A transfer happens when it is awaited or when {@link Transfer#done()} is asked twice, so that code which
 * uses a buffer too early is found out.
 */
public final class SparseVolume implements BlockVolume {
    private static final byte[] ZEROES = new byte[512];

    /** Sectors whose transfer fails. */
    public final Set<Long> badForReading = new HashSet<>();

    public final Set<Long> badForWriting = new HashSet<>();
    public boolean flushFails;
    /** "read S N", "write S N", "flush", in the order of submission. */
    public final List<String> log = new ArrayList<>();

    /** Called after each sector is written. */
    public Runnable afterSector = () -> {};

    private final Map<Long, byte[]> sectors = new HashMap<>();
    private final long sectorCount;
    private boolean readOnly;

    public SparseVolume(long sectorCount) {
        this.sectorCount = sectorCount;
    }

    /** The first {@code limit} bytes of a file; the rest is zero. */
    public static SparseVolume load(Path file, long limit) throws IOException {
        SparseVolume volume = new SparseVolume(Files.size(file) / ZEROES.length);
        try (InputStream in = Files.newInputStream(file)) {
            volume.fill(in, limit);
        }
        return volume;
    }

    public static SparseVolume load(Path file) throws IOException {
        return load(file, Long.MAX_VALUE);
    }

    public void fill(InputStream in, long limit) throws IOException {
        byte[] sector = new byte[ZEROES.length];
        for (long s = 0; s * sector.length < limit && in.readNBytes(sector, 0, sector.length) == sector.length; s++) {
            put(s, sector, 0);
        }
    }

    public void save(Path file) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(0);
            out.setLength(sectorCount * ZEROES.length);
            for (Map.Entry<Long, byte[]> sector : sectors.entrySet()) {
                out.seek(sector.getKey() * ZEROES.length);
                out.write(sector.getValue());
            }
        }
    }

    public SparseVolume copy() {
        SparseVolume copy = new SparseVolume(sectorCount);
        sectors.forEach((number, bytes) -> copy.sectors.put(number, bytes.clone()));
        return copy;
    }

    public SparseVolume makeReadOnly() {
        readOnly = true;
        return this;
    }

    public int getByte(long offset) {
        byte[] sector = sectors.get(offset / ZEROES.length);
        return sector == null ? 0 : sector[(int) (offset % ZEROES.length)] & 0xFF;
    }

    public void setByte(long offset, int value) {
        byte[] sector = sectors.computeIfAbsent(offset / ZEROES.length, s -> new byte[ZEROES.length]);
        sector[(int) (offset % ZEROES.length)] = (byte) value;
    }

    public int getInt(long offset) {
        return getByte(offset) | getByte(offset + 1) << 8 | getByte(offset + 2) << 16 | getByte(offset + 3) << 24;
    }

    public void setInt(long offset, int value) {
        for (int i = 0; i < 4; i++) {
            setByte(offset + i, value >>> 8 * i);
        }
    }

    @Override
    public int sectorSize() {
        return ZEROES.length;
    }

    @Override
    public long sectorCount() {
        return sectorCount;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public int maximumBuffers() {
        return 32;
    }

    @Override
    public int maximumBytes() {
        return 1 << 17;
    }

    @Override
    public BlockBuffer allocate(int bytes) {
        return new HeapBuffer(bytes);
    }

    @Override
    public Transfer read(long sector, int bytes, BlockBuffer[] buffers, int first, int count) {
        check(sector, bytes);
        log.add("read " + sector + " " + bytes / ZEROES.length);
        BlockBuffer[] own = Arrays.copyOfRange(buffers, first, first + count);
        return new Pending(() -> {
            for (int done = 0; done < bytes; done += ZEROES.length) {
                long at = sector + done / ZEROES.length;
                if (badForReading.contains(at)) {
                    throw new IOException("cannot read sector " + at);
                }
                byte[] content = sectors.getOrDefault(at, ZEROES);
                HeapBuffer buffer = (HeapBuffer) own[done / own[0].capacity()];
                System.arraycopy(content, 0, buffer.bytes, done % own[0].capacity(), ZEROES.length);
            }
        });
    }

    @Override
    public Transfer write(long sector, int bytes, BlockBuffer[] buffers, int first, int count) {
        check(sector, bytes);
        if (readOnly) {
            throw new IllegalStateException("write to a read-only disk");
        }
        log.add("write " + sector + " " + bytes / ZEROES.length);
        BlockBuffer[] own = Arrays.copyOfRange(buffers, first, first + count);
        return new Pending(() -> {
            for (int done = 0; done < bytes; done += ZEROES.length) {
                long at = sector + done / ZEROES.length;
                if (badForWriting.contains(at)) {
                    throw new IOException("cannot write sector " + at);
                }
                put(at, ((HeapBuffer) own[done / own[0].capacity()]).bytes, done % own[0].capacity());
                afterSector.run();
            }
        });
    }

    @Override
    public Transfer flush() {
        log.add("flush");
        return new Pending(() -> {
            if (flushFails) {
                throw new IOException("flush failed");
            }
        });
    }

    private void put(long sector, byte[] from, int offset) {
        byte[] content = Arrays.copyOfRange(from, offset, offset + ZEROES.length);
        if (Arrays.equals(content, ZEROES)) {
            sectors.remove(sector);
        } else {
            sectors.put(sector, content);
        }
    }

    private void check(long sector, int bytes) {
        if (sector < 0 || bytes <= 0 || bytes % ZEROES.length != 0 || sector + bytes / ZEROES.length > sectorCount) {
            throw new IllegalArgumentException("sector " + sector + ", " + bytes + " bytes of " + sectorCount);
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static final class Pending implements Transfer {
        private final Work work;
        private boolean asked;
        private boolean ran;
        private @Nullable IOException failure;

        Pending(Work work) {
            this.work = work;
        }

        @Override
        public boolean done() {
            if (asked) {
                run();
            }
            asked = true;
            return ran;
        }

        @Override
        public void await() throws IOException {
            run();
            if (failure != null) {
                throw new IOException(failure.getMessage(), failure);
            }
        }

        private void run() {
            if (!ran) {
                ran = true;
                try {
                    work.run();
                } catch (IOException failed) {
                    failure = failed;
                }
            }
        }
    }
}
