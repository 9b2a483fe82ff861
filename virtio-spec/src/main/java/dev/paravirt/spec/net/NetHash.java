// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.net;

/**
 * Hash types, hash reports, and the configuration of hashing and receive-side scaling (VIRTIO 1.4, "Network Device /
 * Hash calculation for incoming packets", "Automatic receive steering" and "Receive-side scaling"). Byte offsets; fields
 * are little-endian.
 */
public final class NetHash {
    /** VIRTIO_NET_HASH_TYPE_IPv4. */
    public static final int TYPE_IPV4 = 1 << 0;

    /** VIRTIO_NET_HASH_TYPE_TCPv4. */
    public static final int TYPE_TCPV4 = 1 << 1;

    /** VIRTIO_NET_HASH_TYPE_UDPv4. */
    public static final int TYPE_UDPV4 = 1 << 2;

    /** VIRTIO_NET_HASH_TYPE_IPv6. */
    public static final int TYPE_IPV6 = 1 << 3;

    /** VIRTIO_NET_HASH_TYPE_TCPv6. */
    public static final int TYPE_TCPV6 = 1 << 4;

    /** VIRTIO_NET_HASH_TYPE_UDPv6. */
    public static final int TYPE_UDPV6 = 1 << 5;

    /** VIRTIO_NET_HASH_TYPE_IP_EX. */
    public static final int TYPE_IP_EX = 1 << 6;

    /** VIRTIO_NET_HASH_TYPE_TCP_EX. */
    public static final int TYPE_TCP_EX = 1 << 7;

    /** VIRTIO_NET_HASH_TYPE_UDP_EX. */
    public static final int TYPE_UDP_EX = 1 << 8;

    /** VIRTIO_NET_HASH_TUNNEL_TYPE_GRE_2784. */
    public static final int TUNNEL_TYPE_GRE_2784 = 1 << 0;

    /** VIRTIO_NET_HASH_TUNNEL_TYPE_GRE_2890. */
    public static final int TUNNEL_TYPE_GRE_2890 = 1 << 1;

    /** VIRTIO_NET_HASH_TUNNEL_TYPE_GRE_7676. */
    public static final int TUNNEL_TYPE_GRE_7676 = 1 << 2;

    /** VIRTIO_NET_HASH_TUNNEL_TYPE_GRE_UDP. */
    public static final int TUNNEL_TYPE_GRE_UDP = 1 << 3;

    /** VIRTIO_NET_HASH_TUNNEL_TYPE_VXLAN. */
    public static final int TUNNEL_TYPE_VXLAN = 1 << 4;

    /** VIRTIO_NET_HASH_TUNNEL_TYPE_VXLAN_GPE. */
    public static final int TUNNEL_TYPE_VXLAN_GPE = 1 << 5;

    /** VIRTIO_NET_HASH_TUNNEL_TYPE_GENEVE. */
    public static final int TUNNEL_TYPE_GENEVE = 1 << 6;

    /** VIRTIO_NET_HASH_TUNNEL_TYPE_IPIP. */
    public static final int TUNNEL_TYPE_IPIP = 1 << 7;

    /** VIRTIO_NET_HASH_TUNNEL_TYPE_NVGRE. */
    public static final int TUNNEL_TYPE_NVGRE = 1 << 8;

    /** VIRTIO_NET_HASH_REPORT_NONE. */
    public static final int REPORT_NONE = 0;

    /** VIRTIO_NET_HASH_REPORT_IPv4. */
    public static final int REPORT_IPV4 = 1;

    /** VIRTIO_NET_HASH_REPORT_TCPv4. */
    public static final int REPORT_TCPV4 = 2;

    /** VIRTIO_NET_HASH_REPORT_UDPv4. */
    public static final int REPORT_UDPV4 = 3;

    /** VIRTIO_NET_HASH_REPORT_IPv6. */
    public static final int REPORT_IPV6 = 4;

    /** VIRTIO_NET_HASH_REPORT_TCPv6. */
    public static final int REPORT_TCPV6 = 5;

    /** VIRTIO_NET_HASH_REPORT_UDPv6. */
    public static final int REPORT_UDPV6 = 6;

    /** VIRTIO_NET_HASH_REPORT_IPv6_EX. */
    public static final int REPORT_IPV6_EX = 7;

    /** VIRTIO_NET_HASH_REPORT_TCPv6_EX. */
    public static final int REPORT_TCPV6_EX = 8;

    /** VIRTIO_NET_HASH_REPORT_UDPv6_EX. */
    public static final int REPORT_UDPV6_EX = 9;

    /** le32 in struct virtio_net_hash_config: {@code TYPE_} bits. */
    public static final int HASH_CONFIG_HASH_TYPES = 0;

    /** le16[4] in struct virtio_net_hash_config. */
    public static final int HASH_CONFIG_RESERVED = 4;

    /** u8 in struct virtio_net_hash_config: bytes of the key, which follows. */
    public static final int HASH_CONFIG_KEY_LENGTH = 12;

    /** Where the key begins in struct virtio_net_hash_config. */
    public static final int HASH_CONFIG_KEY = 13;

    /** le32 in struct virtio_net_rss_config: {@code TYPE_} bits. */
    public static final int RSS_CONFIG_HASH_TYPES = 0;

    /** le16 in struct virtio_net_rss_config: length of the indirection table, a power of two, minus 1. */
    public static final int RSS_CONFIG_INDIRECTION_TABLE_MASK = 4;

    /** le16 in struct virtio_net_rss_config: bits 1 to 16 of a virtqueue index. */
    public static final int RSS_CONFIG_UNCLASSIFIED_QUEUE = 6;

    /** Where the indirection table begins in struct virtio_net_rss_config: le16 each, as the queue above. */
    public static final int RSS_CONFIG_INDIRECTION_TABLE = 8;

    /** The shortest maximum key that a device with RSS or HASH_REPORT may have. */
    public static final int MIN_MAX_KEY_SIZE = 40;

    /** The shortest maximum indirection table that a device with RSS may have. */
    public static final int MIN_MAX_INDIRECTION_TABLE_LENGTH = 128;

    private NetHash() {}

    /** Offset of max_tx_vq (le16) in struct virtio_net_rss_config, behind the indirection table. */
    public static int rssConfigMaxTxVq(int indirectionTableLength) {
        return RSS_CONFIG_INDIRECTION_TABLE + 2 * indirectionTableLength;
    }

    /** Offset of hash_key_length (u8) in struct virtio_net_rss_config. The key follows it. */
    public static int rssConfigKeyLength(int indirectionTableLength) {
        return rssConfigMaxTxVq(indirectionTableLength) + 2;
    }

    /** Size of struct virtio_net_rss_config. */
    public static int rssConfigSize(int indirectionTableLength, int keyLength) {
        return rssConfigKeyLength(indirectionTableLength) + 1 + keyLength;
    }
}
