// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.net.NetHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** TCP segments and UDP datagrams for tests, larger than a network takes, with checks that share nothing with the device. */
final class LargeFrames {
    static final int TCP = 6;
    static final int UDP = 17;
    static final int TCP_HEADER = 32;
    static final int UDP_HEADER = 8;
    static final int FLAGS = 0x80 | 0x10 | 0x08 | 0x01; // CWR, ACK, PSH, FIN
    private static final int ADDRESSES_V4 = 12;
    private static final int ADDRESSES_V6 = 8;
    private static final int SEQUENCE = 0xffff_f000;

    private LargeFrames() {}

    static byte[] address(int version, int last) {
        byte[] address = new byte[version == 4 ? 4 : 16];
        Arrays.fill(address, (byte) 0xfd);
        address[address.length - 1] = (byte) last;
        return address;
    }

    static int networkHeader(int version) {
        return version == 4 ? 20 : 40;
    }

    static int transport(int version) {
        return Frames.HEADER + networkHeader(version);
    }

    static int headers(int version, int protocol) {
        return transport(version) + (protocol == TCP ? TCP_HEADER : UDP_HEADER);
    }

    static int checksumOffset(int protocol) {
        return protocol == TCP ? 16 : 6;
    }

    /** A frame with a pattern for payload and, where the checksum goes, the sum of the pseudo header. */
    static byte[] frame(int version, int protocol, int payload) {
        int header = protocol == TCP ? TCP_HEADER : UDP_HEADER;
        ByteBuffer data = ByteBuffer.allocate(header + payload);
        data.putShort(0, (short) 4000).putShort(2, (short) 5000);
        if (protocol == TCP) {
            data.putInt(4, SEQUENCE)
                    .putInt(8, 77)
                    .put(12, (byte) (TCP_HEADER / 4 << 4))
                    .put(13, (byte) FLAGS);
        } else {
            data.putShort(4, (short) (header + payload));
        }
        for (int i = 0; i < payload; i++) {
            data.put(header + i, (byte) (i * 31 + (i >> 8)));
        }
        byte[] source = address(version, 1);
        byte[] destination = address(version, 2);
        long pseudo = sum(source, 0, source.length) + sum(destination, 0, destination.length) + protocol;
        data.putShort(checksumOffset(protocol), (short) fold(pseudo + header + payload));
        return Frames.ip(source, destination, protocol, data.array());
    }

    static byte[] header(int flags, int gsoType, int hdrLen, int gsoSize, int csumStart, int csumOffset) {
        return ByteBuffer.allocate(NetHeader.SIZE)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) flags)
                .put((byte) gsoType)
                .putShort((short) hdrLen)
                .putShort((short) gsoSize)
                .putShort((short) csumStart)
                .putShort((short) csumOffset)
                .array();
    }

    static int gsoType(int version, int protocol) {
        if (protocol == UDP) {
            return NetHeader.GSO_UDP_L4;
        }
        return version == 4 ? NetHeader.GSO_TCPV4 : NetHeader.GSO_TCPV6;
    }

    static byte[] header(int version, int protocol, int gsoSize) {
        int type = gsoSize == 0 ? 0 : gsoType(version, protocol);
        int length = gsoSize == 0 ? 0 : headers(version, protocol);
        return header(NetHeader.F_NEEDS_CSUM, type, length, gsoSize, transport(version), checksumOffset(protocol));
    }

    static long sum(byte[] bytes, int from, int length) {
        long sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (long) (bytes[from + i] & 0xff) << (i % 2 == 0 ? 8 : 0);
        }
        return sum;
    }

    static int fold(long sum) {
        return sum >> 16 == 0 ? (int) sum : fold((sum & 0xffff) + (sum >> 16));
    }

    /** Whether all checksums of a frame are complete and right. */
    static void assertChecksums(int version, int protocol, byte[] frame) {
        int transport = transport(version);
        int length = frame.length - transport;
        int addresses = Frames.HEADER + (version == 4 ? ADDRESSES_V4 : ADDRESSES_V6);
        long sum = sum(frame, addresses, version == 4 ? 8 : 32) + protocol + length + sum(frame, transport, length);
        assertThat(fold(sum)).as("checksum").isEqualTo(0xffff);
        if (version == 4) {
            assertThat(fold(sum(frame, Frames.HEADER, 20)))
                    .as("header checksum")
                    .isEqualTo(0xffff);
        }
    }

    /** Whether these are the segments of a frame, in order. */
    static void assertSegments(int version, int protocol, int gsoSize, byte[] large, List<byte[]> segments) {
        int headers = headers(version, protocol);
        int transport = transport(version);
        assertThat(segments).hasSize((large.length - headers + gsoSize - 1) / gsoSize);
        int at = headers;
        for (int i = 0; i < segments.size(); i++) {
            byte[] bytes = segments.get(i);
            int payload = Math.min(gsoSize, large.length - at);
            boolean last = i == segments.size() - 1;
            assertThat(bytes).hasSize(headers + payload);
            assertThat(Arrays.copyOfRange(bytes, headers, bytes.length))
                    .isEqualTo(Arrays.copyOfRange(large, at, at + payload));
            ByteBuffer segment = ByteBuffer.wrap(bytes);
            if (protocol == TCP) {
                assertThat(segment.getInt(transport + 4)).isEqualTo(SEQUENCE + at - headers);
                int flags = FLAGS & ~(i > 0 ? 0x80 : 0) & ~(last ? 0 : 0x09);
                assertThat(segment.get(transport + 13)).isEqualTo((byte) flags);
            } else {
                assertThat(segment.getShort(transport + 4)).isEqualTo((short) (UDP_HEADER + payload));
            }
            int length = bytes.length - Frames.HEADER;
            if (version == 4) {
                assertThat(segment.getShort(Frames.HEADER + 2)).isEqualTo((short) length);
                assertThat(segment.getShort(Frames.HEADER + 4)).isEqualTo((short) (0x1234 + i));
                assertThat(segment.getShort(Frames.HEADER + 6)).isEqualTo((short) 0x4000);
            } else {
                assertThat(segment.getShort(Frames.HEADER + 4)).isEqualTo((short) (length - 40));
            }
            assertChecksums(version, protocol, bytes);
            at += payload;
        }
    }
}
