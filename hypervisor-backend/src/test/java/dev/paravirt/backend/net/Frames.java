// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Frames for tests. */
final class Frames {
    static final int TYPE_IPV4 = 0x0800;

    private Frames() {}

    /** A frame of so many bytes, header included, with a pattern behind the header. */
    static byte[] frame(String destination, String source, int length) {
        byte[] frame = new byte[length];
        for (int i = 0; i < length; i++) {
            frame[i] = (byte) (i * 7);
        }
        System.arraycopy(address(destination), 0, frame, 0, 6);
        System.arraycopy(address(source), 0, frame, 6, 6);
        frame[12] = (byte) (TYPE_IPV4 >> 8);
        frame[13] = (byte) TYPE_IPV4;
        return frame;
    }

    static byte[] tagged(String destination, String source, int length, int vlan) {
        byte[] frame = frame(destination, source, length);
        frame[12] = (byte) 0x81;
        frame[13] = 0;
        frame[14] = (byte) (vlan >> 8);
        frame[15] = (byte) vlan;
        return frame;
    }

    static byte[] address(String text) {
        return HexFormat.ofDelimiter(":").parseHex(text);
    }

    static ByteBuf buffer(byte[] frame) {
        return ByteBufAllocator.DEFAULT.directBuffer(frame.length).writeBytes(frame);
    }

    static byte[] bytes(ByteBuf frame) {
        byte[] bytes = new byte[frame.readableBytes()];
        frame.readBytes(bytes);
        frame.release();
        return bytes;
    }

    /** A device that keeps what it is given. */
    static final class Port implements NetPort {
        final List<byte[]> received = new ArrayList<>();

        @Override
        public boolean receive(ByteBuf frame) {
            received.add(bytes(frame));
            return true;
        }

        @Override
        public void linkUp(boolean up) {}
    }
}
