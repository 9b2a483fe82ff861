// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.blk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/**
 * A raw image all of which is written: each block begins and ends with its number. The rest is noise. It is written block
 * by block: in the page cache it would otherwise lie in large folios, of which ext4 looks at every block when one is
 * written (seen on Linux 6.18, 27 µs of 28), and all back-ends would be as fast as that.
 */
record DiskImage(Path file) {
    static final int BLOCK = 4096;

    /** Writes one that is not there yet, and deletes it when this program ends, however that comes about. */
    static DiskImage make(Path file, int mebibytes) throws IOException {
        file.toFile().deleteOnExit();
        SplittableRandom random = new SplittableRandom(mebibytes);
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long blocks = ((long) mebibytes << 20) / BLOCK;
            for (long number = 0; number < blocks; number++) {
                block.clear();
                for (int at = 0; at < BLOCK; at += Long.BYTES) {
                    block.putLong(at, random.nextLong());
                }
                block.putLong(0, number).putLong(BLOCK - Long.BYTES, number);
                while (block.hasRemaining()) {
                    channel.write(block);
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
