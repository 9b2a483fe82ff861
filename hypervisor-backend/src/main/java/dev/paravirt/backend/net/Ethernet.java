// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.spec.net.NetConfig;
import io.netty.buffer.ByteBuf;
import java.util.Locale;

/** Ethernet addresses as numbers of 48 bits, the first byte on the wire on top; and where they are in a frame. */
final class Ethernet {
    static final int ADDRESS = 6;
    static final int HEADER = 14;
    static final int VLAN_TAG = 4;
    static final long BROADCAST = 0xffff_ffff_ffffL;

    private static final int SOURCE = 6;
    private static final int TYPE = 12;
    private static final int TYPE_VLAN = 0x8100;
    private static final int VLAN_ID_MASK = 0xfff;
    private static final long GROUP = 1L << 40;

    private Ethernet() {}

    static boolean isGroup(long address) {
        return (address & GROUP) != 0;
    }

    /** Whether it is the address of one station; any number. */
    static boolean isStation(long address) {
        return address > 0 && address <= BROADCAST && !isGroup(address);
    }

    /** @param index of a frame of at least {@link #HEADER} bytes, like those below */
    static long destination(ByteBuf frame, int index) {
        return address(frame, index);
    }

    static long source(ByteBuf frame, int index) {
        return address(frame, index + SOURCE);
    }

    private static long address(ByteBuf frame, int at) {
        // Two bytes behind it, which are there in a frame, spare one of two looks.
        return frame.getLong(at) >>> Short.SIZE;
    }

    /** The VLAN that a frame of some length is tagged with, or -1. */
    static int vlan(ByteBuf frame, int index, int length) {
        if (frame.getUnsignedShort(index + TYPE) != TYPE_VLAN || length < HEADER + VLAN_TAG) {
            return -1;
        }
        return frame.getUnsignedShort(index + HEADER) & VLAN_ID_MASK;
    }

    static long address(byte[] bytes, int at) {
        long address = 0;
        for (int i = 0; i < NetConfig.MAC_SIZE; i++) {
            address = address << 8 | (bytes[at + i] & 0xff);
        }
        return address;
    }

    static void put(long address, byte[] bytes, int at) {
        for (int i = 0; i < NetConfig.MAC_SIZE; i++) {
            bytes[at + i] = (byte) (address >> (40 - 8 * i));
        }
    }

    /** @throws IllegalArgumentException unless it is six bytes in hexadecimal with colons between them */
    static long parse(String text) {
        if (!text.matches("\\p{XDigit}{2}(:\\p{XDigit}{2}){5}")) {
            throw new IllegalArgumentException("an Ethernet address looks like 02:00:00:00:00:01, not like " + text);
        }
        return Long.parseLong(text.replace(":", ""), 16);
    }

    static String format(long address) {
        String digits = String.format(Locale.ROOT, "%012x", address);
        return digits.replaceAll("(..)(?!$)", "$1:");
    }
}
