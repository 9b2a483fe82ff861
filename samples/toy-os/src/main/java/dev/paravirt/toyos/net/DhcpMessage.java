// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a DHCP server says (RFC 2131, RFC 2132), and how a client asks. */
final class DhcpMessage {
    static final int DISCOVER = 1;
    static final int OFFER = 2;
    static final int REQUEST = 3;
    static final int ACK = 5;
    static final int NAK = 6;
    static final int RELEASE = 7;
    private static final int OPTIONS = 240;
    private static final int MAGIC = 0x6382_5363;
    private static final int BOOT_REPLY = 2;

    int type;
    int address;
    int server;
    int mask;
    int gateway;
    long leaseSeconds = -1;
    long renewSeconds = -1;
    long rebindSeconds = -1;
    final List<Integer> nameServers = new ArrayList<>();

    /** Null if it is malformed or not meant for this client and transaction. */
    static @Nullable DhcpMessage parse(byte[] data, int transaction, long mac) {
        Packet packet = new Packet(data, 0, data.length);
        if (data.length < OPTIONS
                || packet.u8(0) != BOOT_REPLY
                || packet.i32(4) != transaction
                || packet.u48(28) != mac
                || packet.i32(236) != MAGIC) {
            return null;
        }
        DhcpMessage message = new DhcpMessage();
        message.address = packet.i32(16);
        int at = OPTIONS;
        while (at < data.length && packet.u8(at) != 255) {
            if (packet.u8(at) == 0) {
                at++;
                continue;
            }
            int length = at + 1 < data.length ? packet.u8(at + 1) : data.length;
            if (at + 2 + length > data.length) {
                return null;
            }
            message.option(packet, packet.u8(at), at + 2, length);
            at += 2 + length;
        }
        return message.type == 0 ? null : message;
    }

    private void option(Packet packet, int code, int at, int length) {
        if (code == 53 && length == 1) {
            type = packet.u8(at);
        }
        if (length < 4) {
            return;
        }
        int value = packet.i32(at);
        long seconds = value & 0xFFFF_FFFFL;
        switch (code) {
            case 1 -> mask = value;
            case 3 -> gateway = value;
            case 6 -> {
                for (int i = 0; i + 4 <= length; i += 4) {
                    nameServers.add(packet.i32(at + i));
                }
            }
            case 51 -> leaseSeconds = seconds;
            case 54 -> server = value;
            case 58 -> renewSeconds = seconds;
            case 59 -> rebindSeconds = seconds;
            default -> {
                // Not asked for.
            }
        }
    }

    /** The configuration that it offers; null if its addresses make no sense. */
    @Nullable
    Configuration configuration() {
        int prefix = mask == 0 ? 24 : Integer.bitCount(mask);
        boolean contiguous = mask == 0 || mask == -1 << 32 - prefix;
        if (!contiguous || address == 0 || address == -1 || Ipv4Address.isMulticast(address)) {
            return null;
        }
        return new Configuration(address, prefix, gateway, nameServers);
    }

    /**
     * What a client sends.
     *
     * @param current the address in use, or 0
     * @param requested the address asked for by option, or 0
     * @param server the server chosen, or 0
     */
    static byte[] build(int type, int transaction, long mac, int current, int requested, int server) {
        byte[] data = new byte[300];
        Packet packet = new Packet(data, 0, data.length);
        packet.put32(0, 0x0101_0600);
        packet.put32(4, transaction);
        // We cannot be spoken to by an address that we do not have: answers are to be broadcast.
        packet.put16(10, current == 0 ? 0x8000 : 0);
        packet.put32(12, current);
        packet.put48(28, mac);
        packet.put32(236, MAGIC);
        int at = OPTIONS;
        packet.put16(at, 53 << 8 | 1);
        packet.put8(at + 2, type);
        at += 3;
        packet.put32(at, 55 << 24 | 3 << 16 | 1 << 8 | 3);
        packet.put8(at + 4, 6);
        at += 5;
        at = putAddress(packet, at, 50, requested);
        at = putAddress(packet, at, 54, server);
        packet.put8(at, 255);
        return data;
    }

    private static int putAddress(Packet packet, int at, int option, int address) {
        if (address == 0) {
            return at;
        }
        packet.put16(at, option << 8 | 4);
        packet.put32(at + 2, address);
        return at + 6;
    }
}
