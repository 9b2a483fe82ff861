// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.spec.blk.BlkRequest;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** One request under way: what was read of the driver's header, and how far the transfer has come. Used again and again. */
final class BlockRequest extends IoEngine.Operation {
    /** The most segments in a discard, write zeroes or secure erase request. */
    static final int MAX_SEGMENTS = 16;

    /** Room for data that a request left unused is zeroed up to this length, so that it can be reported as written. */
    private static final long ZERO_FILL_LIMIT = 1 << 20;

    private final BlockDevice device;
    final RequestPool pool;

    /** The request behind it in whatever list it is in. */
    @Nullable
    BlockRequest link;

    /** Set by {@link WriteOrder#begin}. */
    int generation;

    private @Nullable DescriptorChain chain;
    private @Nullable QueueContext context;
    private int type;

    private int piece;
    private int pieceOffset;
    private long position;
    private long left;

    /** Bytes of the writable part, from its start on, that were written. */
    private long filled;

    private final long[] segmentPosition = new long[MAX_SEGMENTS];
    private final long[] segmentLength = new long[MAX_SEGMENTS];
    private final boolean[] segmentUnmap = new boolean[MAX_SEGMENTS];
    private int segments;

    BlockRequest(BlockDevice device, RequestPool pool) {
        this.device = device;
        this.pool = pool;
    }

    void open(DescriptorChain newChain, QueueContext newContext) {
        chain = newChain;
        context = newContext;
        filled = 0;
        segments = 0;
        left = 0;
        type = newChain.readInt(BlkRequest.TYPE);
    }

    int type() {
        return type;
    }

    DescriptorChain chain() {
        DescriptorChain now = chain;
        if (now == null) {
            throw new IllegalStateException("no request is under way");
        }
        return now;
    }

    QueueContext context() {
        QueueContext now = context;
        if (now == null) {
            throw new IllegalStateException("no request is under way");
        }
        return now;
    }

    /** Makes ready to read {@code length} bytes into the writable part. */
    void prepareRead(long at, long length) {
        piece = chain().readablePieces();
        pieceOffset = 0;
        position = at;
        left = length;
    }

    /** Makes ready to write what follows the header. */
    void prepareWrite(long at, long length) {
        piece = 0;
        pieceOffset = 0;
        skip(BlkRequest.HEADER_SIZE);
        position = at;
        left = length;
    }

    private void skip(int bytes) {
        int rest = bytes;
        while (rest > 0) {
            int here = Math.min(rest, chain().length(piece) - pieceOffset);
            pieceOffset += here;
            rest -= here;
            if (rest > 0) {
                piece++;
                pieceOffset = 0;
            }
        }
    }

    /**
     * Reads what is left of a read as far as it is at hand.
     *
     * @return whether nothing is left
     */
    boolean readCached(BlockImage image) throws IOException {
        return transfer(image, true);
    }

    private boolean transfer(BlockImage image, boolean cached) throws IOException {
        DescriptorChain pieces = chain();
        boolean write = type == BlkRequest.T_OUT;
        while (left > 0) {
            if (pieceOffset == pieces.length(piece)) {
                piece++;
                pieceOffset = 0;
            }
            int here = (int) Math.min(left, pieces.length(piece) - pieceOffset);
            MemorySegment memory = pieces.region(piece).segment();
            long offset = pieces.offset(piece) + pieceOffset;
            int moved;
            if (write) {
                moved = image.write(memory, offset, here, position);
            } else if (cached) {
                moved = image.readCached(memory, offset, here, position);
            } else {
                moved = image.read(memory, offset, here, position);
            }
            if (moved == BlockImage.WOULD_BLOCK) {
                return false;
            }
            advance(moved, write);
        }
        return true;
    }

    private void advance(int moved, boolean write) throws EOFException {
        if (moved <= 0) {
            // Holes read as zeroes. The end of the file within the disk means that somebody cut it, and data is gone.
            throw new EOFException("the image ends at or before " + position + ", within the disk: it was truncated");
        }
        pieceOffset += moved;
        position += moved;
        left -= moved;
        if (!write) {
            filled += moved;
        }
    }

    /** Adds a range of a discard, write zeroes or secure erase request. */
    void addSegment(long at, long length, boolean unmap) {
        segmentPosition[segments] = at;
        segmentLength[segments] = length;
        segmentUnmap[segments++] = unmap;
    }

    long segmentBytes() {
        long sum = 0;
        for (int i = 0; i < segments; i++) {
            sum += segmentLength[i];
        }
        return sum;
    }

    /** Puts data into the writable part of a request that returns some; what it has more room for is zeroed. */
    void fill(byte[] data, long room) {
        int length = (int) Math.min(data.length, room);
        chain().write(0, data, 0, length);
        filled = length;
    }

    /** Does what the header says, waiting for the image. */
    void perform(BlockImage image) throws IOException {
        if (type == BlkRequest.T_IN || type == BlkRequest.T_OUT) {
            transfer(image, false);
            return;
        }
        for (int i = 0; i < segments; i++) {
            if (segmentLength[i] > 0) {
                performSegment(image, segmentPosition[i], segmentLength[i], segmentUnmap[i]);
            }
        }
    }

    private void performSegment(BlockImage image, long at, long length, boolean unmap) throws IOException {
        switch (type) {
            case BlkRequest.T_DISCARD -> image.discard(at, length);
            case BlkRequest.T_WRITE_ZEROES -> image.writeZeroes(at, length, unmap);
            case BlkRequest.T_SECURE_ERASE -> image.erase(at, length);
            default -> throw new IllegalStateException(BlkRequest.describeType(type));
        }
    }

    @Override
    protected void run() {
        device.perform(this);
    }

    /**
     * Writes the status, which is the last writable byte, and lets go of the chain. A driver believes no more bytes than
     * were reported as written, counted from the first: so all of them are written, zeroes if need be.
     *
     * @return bytes written
     */
    long conclude(int status) {
        DescriptorChain done = chain();
        chain = null;
        context = null;
        long data = done.writableLength() - BlkRequest.STATUS_SIZE;
        long rest = data - filled;
        done.writeByte(data, status);
        if (rest > ZERO_FILL_LIMIT) {
            return filled;
        }
        zero(done, filled, rest);
        return data + BlkRequest.STATUS_SIZE;
    }

    private static void zero(DescriptorChain chain, long from, long length) {
        int at = chain.readablePieces();
        long offset = from;
        long rest = length;
        while (rest > 0) {
            int size = chain.length(at);
            if (offset < size) {
                long here = Math.min(rest, size - offset);
                chain.region(at).fill(chain.offset(at) + offset, here, (byte) 0);
                rest -= here;
                offset += here;
            }
            offset -= size;
            at++;
        }
    }
}
