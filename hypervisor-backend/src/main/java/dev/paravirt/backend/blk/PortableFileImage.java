// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/** A raw image file by the means that Java has everywhere: no cached reads, no holes. */
final class PortableFileImage implements BlockImage {
    private final Path path;
    private final FileChannel channel;
    private final boolean readOnly;
    private volatile long size;

    private PortableFileImage(Path path, FileChannel channel, boolean readOnly) throws IOException {
        this.path = path;
        this.channel = channel;
        this.readOnly = readOnly;
        this.size = ImageFiles.requireSectors(path, channel.size());
    }

    static PortableFileImage open(Path path, boolean readOnly) throws IOException {
        ImageFiles.requirePresent(path);
        FileChannel channel = FileChannel.open(
                path,
                readOnly ? Set.of(StandardOpenOption.READ) : Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
        try {
            lock(path, channel, readOnly);
            return new PortableFileImage(path, channel, readOnly);
        } catch (IOException | RuntimeException failure) {
            channel.close();
            throw failure;
        }
    }

    private static void lock(Path path, FileChannel channel, boolean readOnly) throws IOException {
        FileLock lock;
        try {
            // The channel holds the lock until it is closed.
            lock = channel.tryLock(0, Long.MAX_VALUE, readOnly);
        } catch (OverlappingFileLockException sameProcess) {
            throw new ImageLockedException(path, "this process", readOnly);
        }
        if (lock == null) {
            throw new ImageLockedException(path, "another process", readOnly);
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public boolean isMemory() {
        return false;
    }

    @Override
    public int read(MemorySegment memory, long offset, int length, long position) throws IOException {
        ByteBuffer buffer = memory.asSlice(offset, length).asByteBuffer();
        return Math.max(0, channel.read(buffer, position));
    }

    @Override
    public int readCached(MemorySegment memory, long offset, int length, long position) {
        return WOULD_BLOCK;
    }

    @Override
    public int write(MemorySegment memory, long offset, int length, long position) throws IOException {
        ImageFiles.requireWritable(path, readOnly);
        return channel.write(memory.asSlice(offset, length).asByteBuffer(), position);
    }

    @Override
    public void sync() throws IOException {
        channel.force(false);
    }

    @Override
    public boolean canDiscard() {
        return false;
    }

    @Override
    public void discard(long position, long length) throws IOException {
        ImageFiles.requireWritable(path, readOnly);
    }

    @Override
    public void writeZeroes(long position, long length, boolean unmap) throws IOException {
        ImageFiles.writeZeroes(this, position, length);
    }

    @Override
    public void erase(long position, long length) throws IOException {
        ImageFiles.writeZeroes(this, position, length);
    }

    @Override
    public synchronized void grow(long newSize) throws IOException {
        ImageFiles.requireWritable(path, readOnly);
        ImageFiles.requireSectors(path, newSize);
        if (newSize < size) {
            throw new IllegalArgumentException("an image of " + size + " bytes does not grow to " + newSize);
        }
        if (channel.size() < newSize) {
            int written = channel.write(ImageFiles.ZEROES.asSlice(0, 1).asByteBuffer(), newSize - 1);
            if (written != 1) {
                throw new IOException("disk image " + path + " does not grow to " + newSize + " bytes");
            }
        }
        size = newSize;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
