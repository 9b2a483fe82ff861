// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The request of a station that wants to know its address (RFC 903): the common way to show bridges where a station is now,
 * as it is broadcast, and nobody else takes notice.
 */
final class ReverseArp {
    /** Without a check sequence. */
    private static final int SHORTEST_FRAME = 60;

    private static final int TYPE = 0x8035;
    private static final int HARDWARE_ETHERNET = 1;
    private static final int PROTOCOL_IPV4 = 0x0800;
    private static final int IPV4_SIZE = 4;
    private static final int REQUEST_REVERSE = 3;

    private ReverseArp() {}

    /**
     * A frame of the station's.
     *
     * @param lead zeroes before it
     */
    static ByteBuf request(long station, int lead) {
        ByteBuf frame = Unpooled.buffer(lead + SHORTEST_FRAME);
        frame.writeZero(lead);
        writeAddress(frame, Ethernet.BROADCAST);
        writeAddress(frame, station);
        frame.writeShort(TYPE);
        frame.writeShort(HARDWARE_ETHERNET);
        frame.writeShort(PROTOCOL_IPV4);
        frame.writeByte(Ethernet.ADDRESS);
        frame.writeByte(IPV4_SIZE);
        frame.writeShort(REQUEST_REVERSE);
        // Who asks, and about whom: itself in either case, without an IPv4 address.
        writeAddress(frame, station);
        frame.writeZero(IPV4_SIZE);
        writeAddress(frame, station);
        return frame.writeZero(lead + SHORTEST_FRAME - frame.writerIndex());
    }

    private static void writeAddress(ByteBuf frame, long address) {
        frame.writeShort((int) (address >>> 32));
        frame.writeInt((int) address);
    }
}
