// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A network whose only station answers each frame with one of its own, of another length and content, and expects to have
 * those back with their addresses swapped.
 */
final class Juggler implements NetBackend {
    private static final int ADDRESSES = 12;
    private static final int HEADER = ADDRESSES + Short.BYTES;
    private static final short EXPERIMENTAL = (short) 0x88b5;
    private static final long HERE = 0x0200_0000_0801L;
    private static final long THERE = 0x0200_0000_0802L;
    private static final int SHORTEST = 60;
    private static final int LONGEST = 1514;

    /** Prime to the number of lengths, so that all of them occur. */
    private static final int STRIDE = 377;

    private static final int HANDFUL = 32;

    private final AtomicLong thrown = new AtomicLong();
    private final AtomicLong caught = new AtomicLong();
    private volatile String wrong = "";
    private volatile @Nullable NetPort port;

    @Override
    public void attach(NetPort attached) {
        port = attached;
    }

    @Override
    public boolean send(ByteBuf frame) {
        if (frame.readableBytes() >= SHORTEST && frame.getShort(frame.readerIndex() + ADDRESSES) == EXPERIMENTAL) {
            check(frame);
        }
        frame.release();
        return throwNext();
    }

    /** Begins, also anew after all was lost. For any thread. */
    void throwAll() {
        for (int i = 0; i < HANDFUL; i++) {
            throwNext();
        }
    }

    private boolean throwNext() {
        NetPort back = port;
        return back != null && back.receive(frame(thrown.incrementAndGet(), HERE, THERE));
    }

    private void check(ByteBuf frame) {
        long number = frame.getLong(frame.readerIndex() + HEADER);
        ByteBuf expected = frame(number, THERE, HERE);
        if (frame.equals(expected)) {
            caught.incrementAndGet();
        } else if (wrong.isEmpty()) {
            wrong = "frame " + number + " came back with " + frame.readableBytes() + " bytes";
        }
        expected.release();
    }

    /** The frame of a number: it tells the length, and what is in each byte. */
    private static ByteBuf frame(long number, long from, long to) {
        int length = SHORTEST + (int) (number * STRIDE % (LONGEST - SHORTEST + 1));
        ByteBuf frame = Unpooled.buffer(length, length);
        frame.writeShort((int) (to >> Integer.SIZE)).writeInt((int) to);
        frame.writeShort((int) (from >> Integer.SIZE)).writeInt((int) from);
        frame.writeShort(EXPERIMENTAL).writeLong(number);
        while (frame.isWritable()) {
            frame.writeByte((int) number + frame.writerIndex());
        }
        return frame;
    }

    /** Frames that came back as they should. */
    long caught() {
        return caught.get();
    }

    /** What came back otherwise first; empty if nothing did. */
    String wrong() {
        return wrong;
    }

    @Override
    public void close() {
        port = null;
    }
}
