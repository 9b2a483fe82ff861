// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.ByteBuffer;

/** Sizes of frames, and copies between frames and the buffers that system calls take. */
final class FrameBytes {
    /** An Ethernet header. */
    static final int SHORTEST = 14;

    /** The largest MTU, an Ethernet header and a VLAN tag. */
    static final int LONGEST = 65535 + 14 + 4;

    private FrameBytes() {}

    /** What is readable in a frame, without a copy; for the frame's owner, until it changes or releases it. */
    static ByteBuffer view(ByteBuf frame) {
        return frame.nioBufferCount() == 1
                ? frame.internalNioBuffer(frame.readerIndex(), frame.readableBytes())
                : frame.nioBuffer();
    }

    /** A copy of what is readable in a frame, whose indices stay. */
    static ByteBuf copyOf(ByteBuf frame) {
        int length = frame.readableBytes();
        return PooledByteBufAllocator.DEFAULT
                .directBuffer(length, length)
                .writeBytes(frame, frame.readerIndex(), length);
    }
}
