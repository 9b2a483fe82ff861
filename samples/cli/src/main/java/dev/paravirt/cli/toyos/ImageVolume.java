// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.toyos;

import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.toyos.block.BlockBuffer;
import dev.paravirt.toyos.block.BlockVolume;
import dev.paravirt.toyos.block.Transfer;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/** A disk image as the host itself reads and writes it, before any guest has it. Each transfer is made at once. */
final class ImageVolume implements BlockVolume {
    private static final int SECTOR = 512;
    private static final int MOST_BUFFERS = 32;
    private static final int MOST_BYTES = 128 << 10;

    private final BlockImage image;
    private final Arena arena;

    /** @param arena what the buffers live in */
    ImageVolume(BlockImage image, Arena arena) {
        this.image = image;
        this.arena = arena;
    }

    @Override
    public int sectorSize() {
        return SECTOR;
    }

    @Override
    public long sectorCount() {
        return image.size() / SECTOR;
    }

    @Override
    public boolean readOnly() {
        return image.readOnly();
    }

    @Override
    public int maximumBuffers() {
        return MOST_BUFFERS;
    }

    @Override
    public int maximumBytes() {
        return MOST_BYTES;
    }

    @Override
    public BlockBuffer allocate(int bytes) {
        return new SegmentBuffer(arena.allocate(bytes, SECTOR));
    }

    @Override
    public Transfer read(long sector, int bytes, BlockBuffer[] buffers, int first, int count) {
        return made(() -> transfer(sector, bytes, buffers, first, image::read));
    }

    @Override
    public Transfer write(long sector, int bytes, BlockBuffer[] buffers, int first, int count) {
        return made(() -> transfer(sector, bytes, buffers, first, image::write));
    }

    @Override
    public Transfer flush() {
        return made(image::sync);
    }

    private interface Access {
        int move(MemorySegment memory, long offset, int length, long position) throws IOException;
    }

    private void transfer(long sector, int bytes, BlockBuffer[] buffers, int first, Access access) throws IOException {
        Objects.checkFromIndexSize(sector, bytes / SECTOR, sectorCount());
        long position = sector * SECTOR;
        int left = bytes;
        for (int i = first; left > 0; i++) {
            MemorySegment memory = ((SegmentBuffer) buffers[i]).memory;
            int part = (int) Math.min(left, memory.byteSize());
            for (int done = 0; done < part; ) {
                int moved = access.move(memory, done, part - done, position + done);
                if (moved <= 0) {
                    throw new EOFException("the image ends at " + (position + done));
                }
                done += moved;
            }
            position += part;
            left -= part;
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static Transfer made(Work work) {
        IOException[] failure = new IOException[1];
        try {
            work.run();
        } catch (IOException failed) {
            failure[0] = failed;
        }
        return new Transfer() {
            @Override
            public boolean done() {
                return true;
            }

            @Override
            public void await() throws IOException {
                if (failure[0] != null) {
                    throw new IOException(failure[0].getMessage(), failure[0]);
                }
            }
        };
    }

    private record SegmentBuffer(MemorySegment memory) implements BlockBuffer {
        private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

        @Override
        public int capacity() {
            return (int) memory.byteSize();
        }

        @Override
        public int getInt(int offset) {
            return memory.get(INT, offset);
        }

        @Override
        public void putInt(int offset, int value) {
            memory.set(INT, offset, value);
        }

        @Override
        public void get(int offset, byte[] destination, int start, int length) {
            MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, destination, start, length);
        }

        @Override
        public void put(int offset, byte[] source, int start, int length) {
            MemorySegment.copy(source, start, memory, ValueLayout.JAVA_BYTE, offset, length);
        }

        @Override
        public void clear(int offset, int length) {
            memory.asSlice(offset, length).fill((byte) 0);
        }
    }
}
