// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.net;

/**
 * Device statistics: what {@link NetControl#STATS} commands carry (VIRTIO 1.4, "Network Device / Device Statistics").
 * Byte offsets; fields are little-endian.
 */
public final class NetStats {
    /** VIRTIO_NET_STATS_TYPE_RX_BASIC: a bit of supported_stats_types and types_bitmap. */
    public static final long TYPE_RX_BASIC = 1L << 0;

    /** VIRTIO_NET_STATS_TYPE_RX_CSUM: a bit of supported_stats_types and types_bitmap. */
    public static final long TYPE_RX_CSUM = 1L << 1;

    /** VIRTIO_NET_STATS_TYPE_RX_GSO: a bit of supported_stats_types and types_bitmap. */
    public static final long TYPE_RX_GSO = 1L << 2;

    /** VIRTIO_NET_STATS_TYPE_RX_SPEED: a bit of supported_stats_types and types_bitmap. */
    public static final long TYPE_RX_SPEED = 1L << 3;

    /** VIRTIO_NET_STATS_TYPE_TX_BASIC: a bit of supported_stats_types and types_bitmap. */
    public static final long TYPE_TX_BASIC = 1L << 16;

    /** VIRTIO_NET_STATS_TYPE_TX_CSUM: a bit of supported_stats_types and types_bitmap. */
    public static final long TYPE_TX_CSUM = 1L << 17;

    /** VIRTIO_NET_STATS_TYPE_TX_GSO: a bit of supported_stats_types and types_bitmap. */
    public static final long TYPE_TX_GSO = 1L << 18;

    /** VIRTIO_NET_STATS_TYPE_TX_SPEED: a bit of supported_stats_types and types_bitmap. */
    public static final long TYPE_TX_SPEED = 1L << 19;

    /** VIRTIO_NET_STATS_TYPE_CVQ: a bit of supported_stats_types and types_bitmap. */
    public static final long TYPE_CVQ = 1L << 32;

    /** VIRTIO_NET_STATS_TYPE_REPLY_RX_BASIC: type of a reply. */
    public static final int REPLY_RX_BASIC = 0;

    /** VIRTIO_NET_STATS_TYPE_REPLY_RX_CSUM: type of a reply. */
    public static final int REPLY_RX_CSUM = 1;

    /** VIRTIO_NET_STATS_TYPE_REPLY_RX_GSO: type of a reply. */
    public static final int REPLY_RX_GSO = 2;

    /** VIRTIO_NET_STATS_TYPE_REPLY_RX_SPEED: type of a reply. */
    public static final int REPLY_RX_SPEED = 3;

    /** VIRTIO_NET_STATS_TYPE_REPLY_TX_BASIC: type of a reply. */
    public static final int REPLY_TX_BASIC = 16;

    /** VIRTIO_NET_STATS_TYPE_REPLY_TX_CSUM: type of a reply. */
    public static final int REPLY_TX_CSUM = 17;

    /** VIRTIO_NET_STATS_TYPE_REPLY_TX_GSO: type of a reply. */
    public static final int REPLY_TX_GSO = 18;

    /** VIRTIO_NET_STATS_TYPE_REPLY_TX_SPEED: type of a reply. */
    public static final int REPLY_TX_SPEED = 19;

    /** VIRTIO_NET_STATS_TYPE_REPLY_CVQ: type of a reply. */
    public static final int REPLY_CVQ = 32;

    /** Size of the result of STATS_QUERY: le64 supported_stats_types. */
    public static final int CAPABILITIES_SIZE = 8;

    /** le16, virtqueue index, in an entry of struct virtio_net_ctrl_queue_stats. */
    public static final int QUEUE_VQ_INDEX = 0;

    /** le64, {@code TYPE_} bits, in an entry of struct virtio_net_ctrl_queue_stats. */
    public static final int QUEUE_TYPES_BITMAP = 8;

    /** Size of an entry of struct virtio_net_ctrl_queue_stats. */
    public static final int QUEUE_SIZE = 16;

    /** u8, one of the {@code REPLY_} values, in struct virtio_net_stats_reply_hdr. */
    public static final int REPLY_TYPE = 0;

    /** le16, virtqueue index, in struct virtio_net_stats_reply_hdr. */
    public static final int REPLY_VQ_INDEX = 2;

    /** le16, bytes of the reply with its header, in struct virtio_net_stats_reply_hdr. */
    public static final int REPLY_SIZE = 6;

    /** Size of struct virtio_net_stats_reply_hdr. Counters follow, le64 each. */
    public static final int REPLY_COUNTERS = 8;

    /** le64 in struct virtio_net_stats_cvq. */
    public static final int CVQ_COMMAND_NUM = 8;

    /** le64 in struct virtio_net_stats_cvq. */
    public static final int CVQ_OK_NUM = 16;

    /** Size of struct virtio_net_stats_cvq. */
    public static final int CVQ_SIZE = 24;

    /** le64 in struct virtio_net_stats_rx_basic. */
    public static final int RX_NOTIFICATIONS = 8;

    /** le64 in struct virtio_net_stats_rx_basic. */
    public static final int RX_PACKETS = 16;

    /** le64 in struct virtio_net_stats_rx_basic. */
    public static final int RX_BYTES = 24;

    /** le64 in struct virtio_net_stats_rx_basic. */
    public static final int RX_INTERRUPTS = 32;

    /** le64 in struct virtio_net_stats_rx_basic. */
    public static final int RX_DROPS = 40;

    /** le64 in struct virtio_net_stats_rx_basic. */
    public static final int RX_DROP_OVERRUNS = 48;

    /** Size of struct virtio_net_stats_rx_basic. */
    public static final int RX_BASIC_SIZE = 56;

    /** le64 in struct virtio_net_stats_tx_basic. */
    public static final int TX_NOTIFICATIONS = 8;

    /** le64 in struct virtio_net_stats_tx_basic. */
    public static final int TX_PACKETS = 16;

    /** le64 in struct virtio_net_stats_tx_basic. */
    public static final int TX_BYTES = 24;

    /** le64 in struct virtio_net_stats_tx_basic. */
    public static final int TX_INTERRUPTS = 32;

    /** le64 in struct virtio_net_stats_tx_basic. */
    public static final int TX_DROPS = 40;

    /** le64 in struct virtio_net_stats_tx_basic. */
    public static final int TX_DROP_MALFORMED = 48;

    /** Size of struct virtio_net_stats_tx_basic. */
    public static final int TX_BASIC_SIZE = 56;

    /** le64 in struct virtio_net_stats_rx_csum. */
    public static final int RX_CSUM_VALID = 8;

    /** le64 in struct virtio_net_stats_rx_csum. */
    public static final int RX_NEEDS_CSUM = 16;

    /** le64 in struct virtio_net_stats_rx_csum. */
    public static final int RX_CSUM_NONE = 24;

    /** le64 in struct virtio_net_stats_rx_csum. */
    public static final int RX_CSUM_BAD = 32;

    /** Size of struct virtio_net_stats_rx_csum. */
    public static final int RX_CSUM_SIZE = 40;

    /** le64 in struct virtio_net_stats_tx_csum. */
    public static final int TX_CSUM_NONE = 8;

    /** le64 in struct virtio_net_stats_tx_csum. */
    public static final int TX_NEEDS_CSUM = 16;

    /** Size of struct virtio_net_stats_tx_csum. */
    public static final int TX_CSUM_SIZE = 24;

    /** le64 in struct virtio_net_stats_rx_gso. */
    public static final int RX_GSO_PACKETS = 8;

    /** le64 in struct virtio_net_stats_rx_gso. */
    public static final int RX_GSO_BYTES = 16;

    /** le64 in struct virtio_net_stats_rx_gso. */
    public static final int RX_GSO_PACKETS_COALESCED = 24;

    /** le64 in struct virtio_net_stats_rx_gso. */
    public static final int RX_GSO_BYTES_COALESCED = 32;

    /** Size of struct virtio_net_stats_rx_gso. */
    public static final int RX_GSO_SIZE = 40;

    /** le64 in struct virtio_net_stats_tx_gso. */
    public static final int TX_GSO_PACKETS = 8;

    /** le64 in struct virtio_net_stats_tx_gso. */
    public static final int TX_GSO_BYTES = 16;

    /** le64 in struct virtio_net_stats_tx_gso. */
    public static final int TX_GSO_SEGMENTS = 24;

    /** le64 in struct virtio_net_stats_tx_gso. */
    public static final int TX_GSO_SEGMENTS_BYTES = 32;

    /** le64 in struct virtio_net_stats_tx_gso. */
    public static final int TX_GSO_PACKETS_NOSEG = 40;

    /** le64 in struct virtio_net_stats_tx_gso. */
    public static final int TX_GSO_BYTES_NOSEG = 48;

    /** Size of struct virtio_net_stats_tx_gso. */
    public static final int TX_GSO_SIZE = 56;

    /** le64 in struct virtio_net_stats_rx_speed. */
    public static final int RX_PACKETS_ALLOWANCE_EXCEEDED = 8;

    /** le64 in struct virtio_net_stats_rx_speed. */
    public static final int RX_BYTES_ALLOWANCE_EXCEEDED = 16;

    /** Size of struct virtio_net_stats_rx_speed. */
    public static final int RX_SPEED_SIZE = 24;

    /** le64 in struct virtio_net_stats_tx_speed. */
    public static final int TX_PACKETS_ALLOWANCE_EXCEEDED = 8;

    /** le64 in struct virtio_net_stats_tx_speed. */
    public static final int TX_BYTES_ALLOWANCE_EXCEEDED = 16;

    /** Size of struct virtio_net_stats_tx_speed. */
    public static final int TX_SPEED_SIZE = 24;

    private NetStats() {}
}
