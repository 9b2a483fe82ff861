// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** The workers of receiveqs fetch the frame themselves: with another thread that brings it, that one would be measured. */
final class GeneratingBackend implements NetBackend {
    private final byte[] frame;

    GeneratingBackend(byte[] frame) {
        if (frame.length < Ethernet.HEADER) {
            throw new IllegalArgumentException("no frame: " + frame.length + " bytes");
        }
        this.frame = frame.clone();
    }

    /** The frame, for one thread. */
    ByteBuf frame() {
        return Unpooled.wrappedBuffer(frame);
    }

    @Override
    public void attach(NetPort port) {}

    @Override
    public boolean send(ByteBuf sent) {
        sent.release();
        return true;
    }

    @Override
    public void close() {}
}
