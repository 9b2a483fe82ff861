// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.toyos.block.BlockBuffer;
import dev.paravirt.toyos.block.BlockVolume;
import dev.paravirt.toyos.block.Transfer;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Set;

/** An image file as the host itself reads and writes it: no virtio in between. Each transfer is made at once. */
final class FileVolume implements BlockVolume, AutoCloseable {
    private static final int SECTOR = 512;

    private final FileChannel file;
    private final boolean readOnly;
    private final long sectors;

    private FileVolume(FileChannel file, boolean readOnly) throws IOException {
        this.file = file;
        this.readOnly = readOnly;
        sectors = file.size() / SECTOR;
    }

    static FileVolume openForReading(Path image) throws IOException {
        return new FileVolume(FileChannel.open(image, StandardOpenOption.READ), true);
    }

    static FileVolume openForWriting(Path image) throws IOException {
        return new FileVolume(
                FileChannel.open(image, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE)), false);
    }

    /** Makes a file of zeroes that takes no room yet. */
    static FileVolume create(Path image, long bytes) throws IOException {
        Files.createFile(image);
        FileVolume.extend(image, bytes);
        return openForWriting(image);
    }

    private static void extend(Path image, long bytes) throws IOException {
        try (FileChannel file = FileChannel.open(image, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(1), bytes - 1);
        }
    }

    @Override
    public int sectorSize() {
        return SECTOR;
    }

    @Override
    public long sectorCount() {
        return sectors;
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
        return new HeapBuffer(ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN));
    }

    @Override
    public Transfer read(long sector, int bytes, BlockBuffer[] buffers, int first, int count) {
        return Done.of(() -> transfer(sector, bytes, buffers, first, (part, position) -> {
            if (file.read(part, position) < 0) {
                throw new EOFException("the image ends at byte " + position);
            }
        }));
    }

    @Override
    public Transfer write(long sector, int bytes, BlockBuffer[] buffers, int first, int count) {
        return Done.of(() -> transfer(sector, bytes, buffers, first, (part, position) -> file.write(part, position)));
    }

    @Override
    public Transfer flush() {
        return Done.of(() -> file.force(false));
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private interface Access {
        void move(ByteBuffer part, long position) throws IOException;
    }

    private void transfer(long sector, int bytes, BlockBuffer[] buffers, int first, Access access) throws IOException {
        Objects.checkFromIndexSize(sector, bytes / SECTOR, sectors);
        long position = sector * SECTOR;
        int left = bytes;
        for (int i = first; left > 0; i++) {
            ByteBuffer part = ((HeapBuffer) buffers[i]).bytes.duplicate();
            part.limit(Math.min(left, part.capacity()));
            left -= part.remaining();
            while (part.hasRemaining()) {
                access.move(part, position + part.position());
            }
            position += part.limit();
        }
    }

    private record HeapBuffer(ByteBuffer bytes) implements BlockBuffer {
        @Override
        public int capacity() {
            return bytes.capacity();
        }

        @Override
        public int getInt(int offset) {
            return bytes.getInt(offset);
        }

        @Override
        public void putInt(int offset, int value) {
            bytes.putInt(offset, value);
        }

        @Override
        public void get(int offset, byte[] destination, int start, int length) {
            bytes.get(offset, destination, start, length);
        }

        @Override
        public void put(int offset, byte[] source, int start, int length) {
            bytes.put(offset, source, start, length);
        }

        @Override
        public void clear(int offset, int length) {
            bytes.put(offset, new byte[length]);
        }
    }

    /** A transfer that has been made, well or badly. */
    private static final class Done {
        private interface Work {
            void run() throws IOException;
        }

        static Transfer of(Work work) {
            try {
                work.run();
                return ended(() -> {});
            } catch (IOException failure) {
                return ended(() -> {
                    throw new IOException(failure.getMessage(), failure);
                });
            }
        }

        private static Transfer ended(Work outcome) {
            return new Transfer() {
                @Override
                public boolean done() {
                    return true;
                }

                @Override
                public void await() throws IOException {
                    outcome.run();
                }
            };
        }
    }
}
