// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.blk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/** A raw image all of which is written: each block begins and ends with its number. The rest is noise. */
record DiskImage(Path file) {
    static final int BLOCK = 4096;
    private static final int AT_ONCE = 1 << 20;

    /** Writes one that is not there yet, and deletes it when this program ends, however that comes about. */
    static DiskImage make(Path file, int mebibytes) throws IOException {
        file.toFile().deleteOnExit();
        SplittableRandom random = new SplittableRandom(mebibytes);
        ByteBuffer part = ByteBuffer.allocateDirect(AT_ONCE).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long position = 0; position < (long) mebibytes << 20; position += AT_ONCE) {
                part.clear();
                for (int at = 0; at < AT_ONCE; at += Long.BYTES) {
                    part.putLong(at, random.nextLong());
                }
                for (int at = 0; at < AT_ONCE; at += BLOCK) {
                    long number = (position + at) / BLOCK;
                    part.putLong(at, number).putLong(at + BLOCK - Long.BYTES, number);
                }
                while (part.hasRemaining()) {
                    channel.write(part);
                }
            }
        }
        return new DiskImage(file);
    }

    /** Puts what was written on the disk, so that nobody has to put up with that while others are measured. */
    void sync() throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }
}
