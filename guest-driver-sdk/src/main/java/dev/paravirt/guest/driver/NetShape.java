// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.transport.ConfigSnapshot;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;

/**
 * How many buffers there are in each queue, and of how many bytes: no more memory than the options say, and no buffer too
 * small for what a device may put into it (VIRTIO 1.4, "Setting Up Receive Buffers").
 */
record NetShape(FeatureBits features, int receiveBuffers, int receiveBytes, int transmitBuffers, int transmitBytes) {
    static final int ALIGNMENT = 64;

    /** What Ethernet adds to a packet: addresses and type, and one VLAN tag. */
    static final int ETHERNET = 18;

    static final int USUAL_MTU = 1500;

    /** What a device may put into a buffer if it can join segments: 65550 bytes behind its header, and a VLAN tag. */
    private static final int JOINED = 65550 + 4;

    private static final FeatureBits JOINING = FeatureBits.of(
            NetFeatures.GUEST_TSO4, NetFeatures.GUEST_TSO6, NetFeatures.GUEST_USO4, NetFeatures.GUEST_USO6);

    static NetShape of(FeatureBits features, int mtu, NetDriverOptions options) {
        int header = NetHeader.size(features);
        int most = receivable(features, mtu) + header;
        boolean mergeable = features.has(NetFeatures.MRG_RXBUF);
        int bytes = align(mergeable ? options.receiveBytes() : Math.max(options.receiveBytes(), most));
        long memory = (long) options.receiveBuffers() * align(options.receiveBytes());
        int buffers = (int) Math.max(1, Math.min(options.receiveBuffers(), memory / bytes));
        int transmitBytes = align(options.transmitBytes() + header);
        return new NetShape(features, buffers, bytes, options.transmitBuffers(), transmitBytes);
    }

    private static int receivable(FeatureBits features, int mtu) {
        boolean joins = !features.and(JOINING).equals(FeatureBits.NONE);
        return joins ? Math.max(JOINED, mtu + ETHERNET) : mtu + ETHERNET;
    }

    private static int align(int bytes) {
        return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    }

    /** Whether a device may join segments of this type, with or without the ECN bit. */
    static boolean mayReceive(int type, FeatureBits features) {
        if ((type & NetHeader.GSO_ECN) != 0 && !features.has(NetFeatures.GUEST_ECN)) {
            return false;
        }
        return switch (type & ~NetHeader.GSO_ECN) {
            case NetHeader.GSO_TCPV4 -> features.has(NetFeatures.GUEST_TSO4);
            case NetHeader.GSO_TCPV6 -> features.has(NetFeatures.GUEST_TSO6);
            case NetHeader.GSO_UDP_L4 -> features.has(NetFeatures.GUEST_USO4) || features.has(NetFeatures.GUEST_USO6);
            default -> false;
        };
    }

    /** Whether a device may be asked to cut this type. */
    static boolean maySend(int type, FeatureBits features) {
        if ((type & NetHeader.GSO_ECN) != 0 && !features.has(NetFeatures.HOST_ECN)) {
            return false;
        }
        return switch (type & ~NetHeader.GSO_ECN) {
            case NetHeader.GSO_TCPV4 -> features.has(NetFeatures.HOST_TSO4);
            case NetHeader.GSO_TCPV6 -> features.has(NetFeatures.HOST_TSO6);
            case NetHeader.GSO_UDP_L4 -> features.has(NetFeatures.HOST_USO);
            default -> false;
        };
    }

    /** What can be used of what a device offers: a feature without those that it requires is left out. */
    static FeatureBits closed(FeatureBits offered) {
        FeatureBits features = offered;
        int unmet = NetFeatures.firstUnmet(features);
        while (unmet >= 0) {
            features = features.without(unmet);
            unmet = NetFeatures.firstUnmet(features);
        }
        return features;
    }

    static ConfigSnapshot snapshot() {
        int[] fields = new int[2 * (NetConfig.MAC_SIZE + 8)];
        int at = 0;
        for (int octet = 0; octet < NetConfig.MAC_SIZE; octet++) {
            fields[at++] = NetConfig.MAC + octet;
            fields[at++] = 1;
        }
        int[] others = {
            NetConfig.STATUS,
            2,
            NetConfig.MAX_VIRTQUEUE_PAIRS,
            2,
            NetConfig.MTU,
            2,
            NetConfig.SPEED,
            4,
            NetConfig.DUPLEX,
            1,
            NetConfig.RSS_MAX_KEY_SIZE,
            1,
            NetConfig.RSS_MAX_INDIRECTION_TABLE_LENGTH,
            2,
            NetConfig.SUPPORTED_HASH_TYPES,
            4
        };
        System.arraycopy(others, 0, fields, at, others.length);
        return new ConfigSnapshot(NetConfig.SUPPORTED_HASH_TYPES + 4, fields);
    }
}
