// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.spec.blk.BlkRequest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** A disk in memory each sector of which begins with its number, so that whoever reads it knows whether it is right. */
public final class NumberedDisk {
    /** Of a disk. */
    public static final long BYTES = 32L << 20;

    /** Of a sector. */
    public static final int SECTOR = 1 << BlkRequest.SECTOR_SHIFT;

    private static final int PIECE = 64 << 10;
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    private NumberedDisk() {}

    static BlockImage image() throws IOException {
        MemoryImage image = new MemoryImage(BYTES);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment piece = arena.allocate(PIECE, SECTOR);
            for (long position = 0; position < BYTES; position += PIECE) {
                for (int at = 0; at < PIECE; at += SECTOR) {
                    piece.set(LE64, at, (position + at) / SECTOR);
                }
                image.write(piece, 0, PIECE, position);
            }
        }
        return image;
    }
}
