// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.toyos;

import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.toyos.block.BlockBuffer;
import dev.paravirt.toyos.block.BlockVolume;
import dev.paravirt.toyos.block.Transfer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** A disk image as the toy OS's file system code sees it in the host, to put a file system on it. */
record ImageVolume(BlockImage image) implements BlockVolume {
    private static final int SECTOR = 512;

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
        return false;
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
        return new NativeBuffer(Arena.ofAuto().allocate(bytes));
    }

    @Override
    public Transfer read(long sector, int bytes, BlockBuffer[] buffers, int first, int count) {
        return transfer(sector, bytes, buffers, first, image::read);
    }

    @Override
    public Transfer write(long sector, int bytes, BlockBuffer[] buffers, int first, int count) {
        return transfer(sector, bytes, buffers, first, image::write);
    }

    @Override
    public Transfer flush() {
        return new Ended(null);
    }

    private interface Access {
        int move(MemorySegment memory, long offset, int length, long position) throws IOException;
    }

    private static Transfer transfer(long sector, int bytes, BlockBuffer[] buffers, int first, Access access) {
        long position = sector * SECTOR;
        int left = bytes;
        try {
            for (int i = first; left > 0; i++) {
                MemorySegment memory = ((NativeBuffer) buffers[i]).memory;
                int part = (int) Math.min(left, memory.byteSize());
                for (int done = 0; done < part; ) {
                    done += access.move(memory, done, part - done, position + done);
                }
                position += part;
                left -= part;
            }
            return new Ended(null);
        } catch (IOException failed) {
            return new Ended(failed);
        }
    }

    private record Ended(@Nullable IOException failure) implements Transfer {
        @Override
        public boolean done() {
            return true;
        }

        @Override
        public void await() throws IOException {
            if (failure != null) {
                throw failure;
            }
        }
    }

    private record NativeBuffer(MemorySegment memory) implements BlockBuffer {
        @Override
        public int capacity() {
            return (int) memory.byteSize();
        }

        @Override
        public int getInt(int offset) {
            return memory.get(ValueLayout.JAVA_INT_UNALIGNED, offset);
        }

        @Override
        public void putInt(int offset, int value) {
            memory.set(ValueLayout.JAVA_INT_UNALIGNED, offset, value);
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
