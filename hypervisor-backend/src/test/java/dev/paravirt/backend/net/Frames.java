// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Frames for tests. */
final class Frames {
    static final int HEADER = 14;
    static final int TYPE_IPV4 = 0x0800;
    private static final int TYPE_IPV6 = 0x86dd;
    private static final int IPV4_HEADER = 20;
    private static final int IPV6_HEADER = 40;

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

    /** A frame behind a struct virtio_net_hdr that asks for nothing. */
    static byte[] headed(String destination, String source, int length) {
        return concat(new byte[NetHeader.SIZE], frame(destination, source, length));
    }

    static byte[] tagged(String destination, String source, int length, int vlan) {
        byte[] frame = frame(destination, source, length);
        frame[12] = (byte) 0x81;
        frame[13] = 0;
        frame[14] = (byte) (vlan >> 8);
        frame[15] = (byte) vlan;
        return frame;
    }

    /** An IP packet between addresses of 4 or 16 bytes, header checksum included. */
    static byte[] ip(byte[] source, byte[] destination, int protocol, byte[] payload) {
        boolean v4 = source.length == 4;
        int header = v4 ? IPV4_HEADER : IPV6_HEADER;
        ByteBuffer packet = ByteBuffer.allocate(HEADER + header + payload.length);
        packet.put(address(NetGuest.PEER)).put(address(NetGuest.MAC));
        packet.putShort((short) (v4 ? TYPE_IPV4 : TYPE_IPV6));
        if (v4) {
            packet.putShort((short) 0x4500).putShort((short) (header + payload.length));
            packet.putInt(0x1234_4000).put((byte) 64).put((byte) protocol);
            packet.putShort((short) 0).put(source).put(destination);
            int sum = 0;
            for (int at = HEADER; at < HEADER + header; at += 2) {
                sum += packet.getShort(at) & 0xffff;
            }
            sum = (sum & 0xffff) + (sum >>> 16);
            packet.putShort(HEADER + 10, (short) ~((sum & 0xffff) + (sum >>> 16)));
        } else {
            packet.putInt(0x6000_0000).putShort((short) payload.length);
            packet.put((byte) protocol).put((byte) 64).put(source).put(destination);
        }
        return packet.put(payload).array();
    }

    static byte[] ports(int source, int destination) {
        return ByteBuffer.allocate(8)
                .putShort((short) source)
                .putShort((short) destination)
                .array();
    }

    static byte[] concat(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
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
