// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import dev.paravirt.backend.net.FramePool;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The station at the other end of a guest's network, which does what the guest's frames ask for. It answers on the thread
 * that brings a frame, so that no third thread is measured.
 */
final class FramePeer implements NetBackend {
    private static final int ADDRESS = 6;

    private final FramePool frames = new FramePool(FrameFormat.LONGEST);
    private final byte[] blank = new byte[FrameFormat.LONGEST];
    private final byte[] guest = new byte[ADDRESS];
    private final byte[] own = new byte[ADDRESS];
    private @Nullable NetPort port;
    private long expected;
    private int arrived;
    private long supplied;

    @Override
    public void attach(NetPort device) {
        port = device;
    }

    @Override
    public boolean send(ByteBuf frame) {
        int start = frame.readerIndex();
        int length = frame.readableBytes();
        if (length < FrameFormat.SHORTEST
                || frame.getUnsignedShort(start + FrameFormat.TYPE) != FrameFormat.EXPERIMENTAL) {
            frame.release();
            return false;
        }
        count(frame, start, length);
        switch (frame.getByte(start + FrameFormat.OPERATION)) {
            case FrameFormat.ECHO -> echo(frame, start);
            case FrameFormat.SUPPLY -> supply(frame, start);
            case FrameFormat.REPORT -> report(frame, start);
            default -> frame.release();
        }
        return true;
    }

    /** A frame that is missing, comes twice or is damaged shows in the count. */
    private void count(ByteBuf frame, int start, int length) {
        long sequence = frame.getLongLE(start + FrameFormat.SEQUENCE);
        if (sequence == expected && frame.getLongLE(start + length - Long.BYTES) == sequence) {
            arrived++;
        }
        expected = sequence + 1;
    }

    private void echo(ByteBuf frame, int start) {
        exchangeAddresses(frame, start);
        deliver(frame);
    }

    private void exchangeAddresses(ByteBuf frame, int start) {
        frame.getBytes(start, own).getBytes(start + ADDRESS, guest);
        frame.setBytes(start, guest).setBytes(start + ADDRESS, own);
    }

    private void supply(ByteBuf request, int start) {
        int count = request.getIntLE(start + FrameFormat.COUNT);
        int length =
                Math.clamp(request.getIntLE(start + FrameFormat.LENGTH), FrameFormat.SHORTEST, FrameFormat.LONGEST);
        request.getBytes(start, own).getBytes(start + ADDRESS, guest);
        request.release();
        for (int i = 0; i < count; i++) {
            ByteBuf frame = frames.take().writeBytes(blank, 0, length);
            frame.setBytes(0, guest).setBytes(ADDRESS, own);
            frame.setShort(FrameFormat.TYPE, FrameFormat.EXPERIMENTAL);
            frame.setLongLE(FrameFormat.SEQUENCE, supplied);
            frame.setLongLE(length - Long.BYTES, supplied++);
            deliver(frame);
        }
    }

    private void report(ByteBuf frame, int start) {
        frame.setIntLE(start + FrameFormat.COUNT, arrived);
        arrived = 0;
        expected = 0;
        supplied = 0;
        echo(frame, start);
    }

    /** One that is dropped is missed by the guest, which knows what it asked for. */
    private void deliver(ByteBuf frame) {
        NetPort device = port;
        if (device == null) {
            frame.release();
        } else {
            device.receive(frame);
        }
    }

    @Override
    public void close() {}
}
