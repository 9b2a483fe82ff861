// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.spec.net.NetHash;
import io.netty.buffer.ByteBuf;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** The hash of a packet as the driver configured it (VIRTIO 1.4, "Hash calculation for incoming packets"). Immutable. */
final class PacketHash {
    /** All that this can calculate. */
    static final int SUPPORTED = NetHash.TYPE_IPV4
            | NetHash.TYPE_TCPV4
            | NetHash.TYPE_UDPV4
            | NetHash.TYPE_IPV6
            | NetHash.TYPE_TCPV6
            | NetHash.TYPE_UDPV6
            | NetHash.TYPE_IP_EX
            | NetHash.TYPE_TCP_EX
            | NetHash.TYPE_UDP_EX;

    /** Of every packet, as it is after reset. */
    static final PacketHash NONE = new PacketHash(0, new byte[0]);

    private static final int ADDRESS_V6 = 16;

    private final int types;
    private final byte[] secret;
    private final Toeplitz key;

    /** @param types {@code TYPE_} bits of {@link NetHash} */
    PacketHash(int types, byte[] key) {
        this.types = types;
        this.secret = key.clone();
        this.key = new Toeplitz(key);
    }

    /** Writes the configuration, not a result. */
    void save(DataOutput state) throws IOException {
        state.writeInt(types);
        state.writeByte(secret.length);
        state.write(secret);
    }

    static PacketHash load(DataInput state) throws IOException {
        int types = state.readInt();
        byte[] key = new byte[state.readUnsignedByte()];
        if ((types & ~SUPPORTED) != 0 || key.length > NetHash.MIN_MAX_KEY_SIZE) {
            throw new IOException("hashes of types 0x" + Integer.toHexString(types) + " with a key of " + key.length
                    + " bytes are not known here");
        }
        state.readFully(key);
        return new PacketHash(types, key);
    }

    /** The {@code REPORT_} value of {@link NetHash}, from what {@link #of} returned. */
    static int report(long hash) {
        return (int) (hash >>> 32);
    }

    /** The hash value, from what {@link #of} returned. */
    static int value(long hash) {
        return (int) hash;
    }

    /** Report and value in one number; 0 if there is none. */
    long of(ByteBuf frame, int start, int length) {
        if (types == 0) {
            return NetHash.REPORT_NONE;
        }
        long layout = PacketLayout.of(frame, start, length);
        int type = choose(layout);
        if (type == 0) {
            return NetHash.REPORT_NONE;
        }
        int network = start + PacketLayout.network(layout);
        int hash;
        int position;
        if (PacketLayout.version(layout) == 4) {
            position = 2 * Integer.BYTES;
            hash = key.add(0, 0, frame, network + PacketLayout.IPV4_ADDRESSES, position);
        } else {
            boolean mobile = (type & (NetHash.TYPE_IP_EX | NetHash.TYPE_TCP_EX | NetHash.TYPE_UDP_EX)) != 0;
            int home = mobile ? PacketLayout.homeAddress(layout) : 0;
            int route = mobile ? PacketLayout.routingAddress(layout) : 0;
            int source = home == 0 ? network + PacketLayout.IPV6_SOURCE : start + home;
            int destination = route == 0 ? network + PacketLayout.IPV6_DESTINATION : start + route;
            position = 2 * ADDRESS_V6;
            hash = key.add(0, 0, frame, source, ADDRESS_V6);
            hash = key.add(hash, ADDRESS_V6, frame, destination, ADDRESS_V6);
        }
        if ((type & (NetHash.TYPE_IPV4 | NetHash.TYPE_IPV6 | NetHash.TYPE_IP_EX)) == 0) {
            hash = key.add(hash, position, frame, start + PacketLayout.transport(layout), Integer.BYTES);
        }
        // A type is the bit below its report's number.
        long report = Integer.numberOfTrailingZeros(type) + 1L;
        return report << 32 | hash & 0xffff_ffffL;
    }

    /** The type of hash for a packet, 0 if there is none. */
    private int choose(long layout) {
        boolean ports = PacketLayout.transport(layout) != 0;
        int protocol = ports ? PacketLayout.protocol(layout) : 0;
        return switch (PacketLayout.version(layout)) {
            case 4 -> choose(protocol, NetHash.TYPE_TCPV4, NetHash.TYPE_UDPV4, NetHash.TYPE_IPV4);
            case 6 -> {
                int extended = PacketLayout.hasExtensions(layout)
                        ? choose(protocol, NetHash.TYPE_TCP_EX, NetHash.TYPE_UDP_EX, NetHash.TYPE_IP_EX)
                        : 0;
                yield extended != 0
                        ? extended
                        : choose(protocol, NetHash.TYPE_TCPV6, NetHash.TYPE_UDPV6, NetHash.TYPE_IPV6);
            }
            default -> 0;
        };
    }

    private int choose(int protocol, int tcp, int udp, int ip) {
        if (protocol == PacketLayout.TCP && (types & tcp) != 0) {
            return tcp;
        }
        if (protocol == PacketLayout.UDP && (types & udp) != 0) {
            return udp;
        }
        return types & ip;
    }
}
