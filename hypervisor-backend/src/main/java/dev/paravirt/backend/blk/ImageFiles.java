// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import dev.paravirt.spec.blk.BlkRequest;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/** What both kinds of image files have in common. */
final class ImageFiles {
    /** To write where a file system cannot zero by itself. */
    static final MemorySegment ZEROES = Arena.global().allocate(1 << 20, 4096);

    private ImageFiles() {}

    static void requirePresent(Path file) throws IOException {
        if (Files.notExists(file)) {
            throw new FileNotFoundException("there is no disk image " + file
                    + ". It is not created unasked; make one with, for instance, truncate -s 64M " + file);
        }
        if (Files.isDirectory(file)) {
            throw new IOException("no disk image but a directory: " + file);
        }
    }

    static long requireSectors(Path file, long size) throws IOException {
        if (size < BlkRequest.SECTOR_SIZE || size % BlkRequest.SECTOR_SIZE != 0) {
            throw new IOException("disk image " + file + " has " + size
                    + " bytes, which is not one or more whole sectors of 512 bytes; lengthen it with truncate -s");
        }
        return size;
    }

    static void requireWritable(Path file, boolean readOnly) throws IOException {
        if (readOnly) {
            throw new IOException("disk image " + file + " is open for reading only");
        }
    }

    static void writeZeroes(BlockImage image, long position, long length) throws IOException {
        long done = 0;
        while (done < length) {
            int here = (int) Math.min(length - done, ZEROES.byteSize());
            done += image.write(ZEROES, 0, here, position + done);
        }
    }
}
