// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import io.netty.buffer.ByteBuf;

/**
 * What stands behind an IP packet in its frame. Drivers fill short frames up to the 60 bytes that an Ethernet cable needs,
 * which passt before 2024 takes for a malformed packet: then no acknowledgment of the guest's would arrive.
 */
final class Padding {
    private static final int TYPE = 12;
    private static final int HEADER = 14;
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;
    private static final int IPV4_HEADER = 20;
    private static final int IPV4_TOTAL_LENGTH = 2;
    private static final int IPV6_HEADER = 40;
    private static final int IPV6_PAYLOAD_LENGTH = 4;

    private Padding() {}

    /** Shortens a frame to the IP packet in it, if that is shorter; otherwise leaves it as it is. */
    static void remove(ByteBuf frame) {
        int start = frame.readerIndex();
        int length = frame.readableBytes();
        if (length < HEADER + IPV4_HEADER) {
            return;
        }
        int packet = start + HEADER;
        int type = frame.getUnsignedShort(start + TYPE);
        int used = length;
        if (type == IPV4) {
            int total = frame.getUnsignedShort(packet + IPV4_TOTAL_LENGTH);
            // 0 is a large segment of someone's that is to be cut up, or nonsense.
            used = total < IPV4_HEADER ? length : HEADER + total;
        } else if (type == IPV6) {
            used = HEADER + IPV6_HEADER + frame.getUnsignedShort(packet + IPV6_PAYLOAD_LENGTH);
        }
        if (used < length) {
            frame.writerIndex(start + used);
        }
    }
}
