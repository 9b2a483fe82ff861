// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.net;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;

/** Feature bits of the network device, as bit numbers (VIRTIO 1.4, "Network Device / Feature bits"). */
public final class NetFeatures {
    /** VIRTIO_NET_F_CSUM: the device takes packets with a partial checksum. */
    public static final int CSUM = 0;

    /** VIRTIO_NET_F_GUEST_CSUM: the driver takes packets with a partial checksum. */
    public static final int GUEST_CSUM = 1;

    /** VIRTIO_NET_F_CTRL_GUEST_OFFLOADS: offloads can be changed by control command. */
    public static final int CTRL_GUEST_OFFLOADS = 2;

    /** VIRTIO_NET_F_MTU: the largest MTU is in mtu. */
    public static final int MTU = 3;

    /** VIRTIO_NET_F_MAC: the address is in mac. */
    public static final int MAC = 5;

    /** VIRTIO_NET_F_GSO; legacy interface only. */
    public static final int LEGACY_GSO = 6;

    /** VIRTIO_NET_F_GUEST_TSO4: the driver can receive TSOv4. */
    public static final int GUEST_TSO4 = 7;

    /** VIRTIO_NET_F_GUEST_TSO6: the driver can receive TSOv6. */
    public static final int GUEST_TSO6 = 8;

    /** VIRTIO_NET_F_GUEST_ECN: the driver can receive TSO with ECN. */
    public static final int GUEST_ECN = 9;

    /** VIRTIO_NET_F_GUEST_UFO: the driver can receive UFO. */
    public static final int GUEST_UFO = 10;

    /** VIRTIO_NET_F_HOST_TSO4: the device can receive TSOv4. */
    public static final int HOST_TSO4 = 11;

    /** VIRTIO_NET_F_HOST_TSO6: the device can receive TSOv6. */
    public static final int HOST_TSO6 = 12;

    /** VIRTIO_NET_F_HOST_ECN: the device can receive TSO with ECN. */
    public static final int HOST_ECN = 13;

    /** VIRTIO_NET_F_HOST_UFO: the device can receive UFO. */
    public static final int HOST_UFO = 14;

    /** VIRTIO_NET_F_MRG_RXBUF: the driver can merge receive buffers. */
    public static final int MRG_RXBUF = 15;

    /** VIRTIO_NET_F_STATUS: the link is in status. */
    public static final int STATUS = 16;

    /** VIRTIO_NET_F_CTRL_VQ: the control virtqueue is there. */
    public static final int CTRL_VQ = 17;

    /** VIRTIO_NET_F_CTRL_RX: receive modes by control command. */
    public static final int CTRL_RX = 18;

    /** VIRTIO_NET_F_CTRL_VLAN: VLAN filtering by control command. */
    public static final int CTRL_VLAN = 19;

    /** VIRTIO_NET_F_CTRL_RX_EXTRA: more receive modes by control command. */
    public static final int CTRL_RX_EXTRA = 20;

    /** VIRTIO_NET_F_GUEST_ANNOUNCE: the driver can send gratuitous packets. */
    public static final int GUEST_ANNOUNCE = 21;

    /** VIRTIO_NET_F_MQ: several queue pairs with automatic receive steering. */
    public static final int MQ = 22;

    /** VIRTIO_NET_F_CTRL_MAC_ADDR: the address can be set by control command. */
    public static final int CTRL_MAC_ADDR = 23;

    /** VIRTIO_NET_F_GUEST_RSC4; legacy interface only. */
    public static final int LEGACY_GUEST_RSC4 = 41;

    /** VIRTIO_NET_F_GUEST_RSC6; legacy interface only. */
    public static final int LEGACY_GUEST_RSC6 = 42;

    /** VIRTIO_NET_F_DEVICE_STATS: statistics by control command. */
    public static final int DEVICE_STATS = 50;

    /** VIRTIO_NET_F_HASH_TUNNEL: hashes of the inner header of encapsulated packets. */
    public static final int HASH_TUNNEL = 51;

    /** VIRTIO_NET_F_VQ_NOTF_COAL: notification coalescing for each virtqueue. */
    public static final int VQ_NOTF_COAL = 52;

    /** VIRTIO_NET_F_NOTF_COAL: notification coalescing. */
    public static final int NOTF_COAL = 53;

    /** VIRTIO_NET_F_GUEST_USO4: the driver can receive USOv4. */
    public static final int GUEST_USO4 = 54;

    /** VIRTIO_NET_F_GUEST_USO6: the driver can receive USOv6. */
    public static final int GUEST_USO6 = 55;

    /** VIRTIO_NET_F_HOST_USO: the device can receive USO. */
    public static final int HOST_USO = 56;

    /** VIRTIO_NET_F_HASH_REPORT: each packet comes with its hash. */
    public static final int HASH_REPORT = 57;

    /** VIRTIO_NET_F_GUEST_HDRLEN: the driver gives the exact hdr_len. */
    public static final int GUEST_HDRLEN = 59;

    /** VIRTIO_NET_F_RSS: receive-side scaling. */
    public static final int RSS = 60;

    /** VIRTIO_NET_F_RSC_EXT: duplicated ACKs and coalesced segments are reported. */
    public static final int RSC_EXT = 61;

    /** VIRTIO_NET_F_STANDBY: the device may stand by for one with the same address. */
    public static final int STANDBY = 62;

    /** VIRTIO_NET_F_SPEED_DUPLEX: speed and duplex are there. */
    public static final int SPEED_DUPLEX = 63;

    /** VIRTIO_NET_F_RSS_CONTEXT: several RSS contexts. */
    public static final int RSS_CONTEXT = 64;

    /** VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO: the driver can receive GSO within UDP tunnels. */
    public static final int GUEST_UDP_TUNNEL_GSO = 65;

    /** VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM: and those with a partial outer checksum. */
    public static final int GUEST_UDP_TUNNEL_GSO_CSUM = 66;

    /** VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO: the device can receive GSO within UDP tunnels. */
    public static final int HOST_UDP_TUNNEL_GSO = 67;

    /** VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO_CSUM: and those with a partial outer checksum. */
    public static final int HOST_UDP_TUNNEL_GSO_CSUM = 68;

    /** VIRTIO_NET_F_OUT_NET_HEADER: the driver gives outer_nh_offset. */
    public static final int OUT_NET_HEADER = 69;

    /** VIRTIO_NET_F_IPSEC: inline IPsec. */
    public static final int IPSEC = 70;

    private NetFeatures() {}

    /**
     * The first feature of a set that needs another which is not in it (VIRTIO 1.4, "Feature bit requirements"), or -1
     * if the set is closed. A device must not offer, and a driver must not accept, a set that is not.
     */
    public static int firstUnmet(FeatureBits features) {
        for (int bit = features.next(0); bit >= 0; bit = features.next(bit + 1)) {
            if (!requirementsMet(bit, features)) {
                return bit;
            }
        }
        return -1;
    }

    /**
     * Whether a set has what one feature needs (VIRTIO 1.4, "Feature bit requirements"), be it in the set itself or not.
     *
     * @param bit the feature
     * @param in the set
     */
    public static boolean requirementsMet(int bit, FeatureBits in) {
        return switch (bit) {
            case GUEST_TSO4, GUEST_TSO6, GUEST_UFO, GUEST_USO4, GUEST_USO6 -> in.has(GUEST_CSUM);
            case GUEST_ECN -> in.has(GUEST_TSO4) || in.has(GUEST_TSO6);
            case GUEST_UDP_TUNNEL_GSO ->
                in.has(GUEST_TSO4) && in.has(GUEST_TSO6) && in.has(GUEST_USO4) && in.has(GUEST_USO6);
            case GUEST_UDP_TUNNEL_GSO_CSUM -> in.has(GUEST_UDP_TUNNEL_GSO);
            case HOST_TSO4, HOST_TSO6, HOST_UFO, HOST_USO -> in.has(CSUM);
            case HOST_ECN, RSC_EXT -> in.has(HOST_TSO4) || in.has(HOST_TSO6);
            case HOST_UDP_TUNNEL_GSO -> in.has(HOST_TSO4) && in.has(HOST_TSO6) && in.has(HOST_USO);
            case HOST_UDP_TUNNEL_GSO_CSUM -> in.has(HOST_UDP_TUNNEL_GSO);
            case CTRL_RX, CTRL_VLAN, GUEST_ANNOUNCE, MQ, CTRL_MAC_ADDR, NOTF_COAL, RSS, VQ_NOTF_COAL -> in.has(CTRL_VQ);
            case HASH_TUNNEL -> in.has(CTRL_VQ) && (in.has(RSS) || in.has(HASH_REPORT));
            case RSS_CONTEXT -> in.has(CTRL_VQ) && in.has(RSS);
            default -> true;
        };
    }

    /** The specification's name of a bit that a network device may offer; {@code bit N} for others. */
    public static String name(int bit) {
        return switch (bit) {
            case CSUM -> "VIRTIO_NET_F_CSUM";
            case GUEST_CSUM -> "VIRTIO_NET_F_GUEST_CSUM";
            case CTRL_GUEST_OFFLOADS -> "VIRTIO_NET_F_CTRL_GUEST_OFFLOADS";
            case MTU -> "VIRTIO_NET_F_MTU";
            case MAC -> "VIRTIO_NET_F_MAC";
            case LEGACY_GSO -> "VIRTIO_NET_F_GSO";
            case GUEST_TSO4 -> "VIRTIO_NET_F_GUEST_TSO4";
            case GUEST_TSO6 -> "VIRTIO_NET_F_GUEST_TSO6";
            case GUEST_ECN -> "VIRTIO_NET_F_GUEST_ECN";
            case GUEST_UFO -> "VIRTIO_NET_F_GUEST_UFO";
            case HOST_TSO4 -> "VIRTIO_NET_F_HOST_TSO4";
            case HOST_TSO6 -> "VIRTIO_NET_F_HOST_TSO6";
            case HOST_ECN -> "VIRTIO_NET_F_HOST_ECN";
            case HOST_UFO -> "VIRTIO_NET_F_HOST_UFO";
            case MRG_RXBUF -> "VIRTIO_NET_F_MRG_RXBUF";
            case STATUS -> "VIRTIO_NET_F_STATUS";
            case CTRL_VQ -> "VIRTIO_NET_F_CTRL_VQ";
            case CTRL_RX -> "VIRTIO_NET_F_CTRL_RX";
            case CTRL_VLAN -> "VIRTIO_NET_F_CTRL_VLAN";
            case CTRL_RX_EXTRA -> "VIRTIO_NET_F_CTRL_RX_EXTRA";
            case GUEST_ANNOUNCE -> "VIRTIO_NET_F_GUEST_ANNOUNCE";
            case MQ -> "VIRTIO_NET_F_MQ";
            case CTRL_MAC_ADDR -> "VIRTIO_NET_F_CTRL_MAC_ADDR";
            case LEGACY_GUEST_RSC4 -> "VIRTIO_NET_F_GUEST_RSC4";
            case LEGACY_GUEST_RSC6 -> "VIRTIO_NET_F_GUEST_RSC6";
            case DEVICE_STATS -> "VIRTIO_NET_F_DEVICE_STATS";
            case HASH_TUNNEL -> "VIRTIO_NET_F_HASH_TUNNEL";
            case VQ_NOTF_COAL -> "VIRTIO_NET_F_VQ_NOTF_COAL";
            case NOTF_COAL -> "VIRTIO_NET_F_NOTF_COAL";
            case GUEST_USO4 -> "VIRTIO_NET_F_GUEST_USO4";
            case GUEST_USO6 -> "VIRTIO_NET_F_GUEST_USO6";
            case HOST_USO -> "VIRTIO_NET_F_HOST_USO";
            case HASH_REPORT -> "VIRTIO_NET_F_HASH_REPORT";
            case GUEST_HDRLEN -> "VIRTIO_NET_F_GUEST_HDRLEN";
            case RSS -> "VIRTIO_NET_F_RSS";
            case RSC_EXT -> "VIRTIO_NET_F_RSC_EXT";
            case STANDBY -> "VIRTIO_NET_F_STANDBY";
            case SPEED_DUPLEX -> "VIRTIO_NET_F_SPEED_DUPLEX";
            case RSS_CONTEXT -> "VIRTIO_NET_F_RSS_CONTEXT";
            case GUEST_UDP_TUNNEL_GSO -> "VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO";
            case GUEST_UDP_TUNNEL_GSO_CSUM -> "VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM";
            case HOST_UDP_TUNNEL_GSO -> "VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO";
            case HOST_UDP_TUNNEL_GSO_CSUM -> "VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO_CSUM";
            case OUT_NET_HEADER -> "VIRTIO_NET_F_OUT_NET_HEADER";
            case IPSEC -> "VIRTIO_NET_F_IPSEC";
            default -> Features.name(bit);
        };
    }
}
