// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.net;

/**
 * Commands on the control virtqueue: struct virtio_net_ctrl and what it carries (VIRTIO 1.4, "Network Device / Control
 * Virtqueue"). Byte offsets; fields are little-endian.
 *
 * <p>A command is class, command and its data, all device-readable, then ack and, for some, a result, device-writable.
 */
public final class NetControl {
    /** u8, one of the classes below. */
    public static final int CLASS = 0;

    /** u8, a command of the class. */
    public static final int COMMAND = 1;

    /** Where the data of the command begins. */
    public static final int DATA = 2;

    /** u8 at the start of the device-writable part: {@link #OK} or {@link #ERR}. */
    public static final int ACK = 0;

    /** Where the result begins in the device-writable part. */
    public static final int RESULT = 1;

    /** VIRTIO_NET_OK. */
    public static final int OK = 0;

    /** VIRTIO_NET_ERR. */
    public static final int ERR = 1;

    /** VIRTIO_NET_CTRL_RX. The data of its commands is a u8: 1 on, 0 off. */
    public static final int RX = 0;

    /** VIRTIO_NET_CTRL_RX_PROMISC. */
    public static final int RX_PROMISC = 0;

    /** VIRTIO_NET_CTRL_RX_ALLMULTI. */
    public static final int RX_ALLMULTI = 1;

    /** VIRTIO_NET_CTRL_RX_ALLUNI; with CTRL_RX_EXTRA. */
    public static final int RX_ALLUNI = 2;

    /** VIRTIO_NET_CTRL_RX_NOMULTI; with CTRL_RX_EXTRA. */
    public static final int RX_NOMULTI = 3;

    /** VIRTIO_NET_CTRL_RX_NOUNI; with CTRL_RX_EXTRA. */
    public static final int RX_NOUNI = 4;

    /** VIRTIO_NET_CTRL_RX_NOBCAST; with CTRL_RX_EXTRA. */
    public static final int RX_NOBCAST = 5;

    /** VIRTIO_NET_CTRL_MAC. */
    public static final int MAC = 1;

    /** VIRTIO_NET_CTRL_MAC_TABLE_SET: two tables, unicast then multicast, each le32 entries and 6 bytes for each. */
    public static final int MAC_TABLE_SET = 0;

    /** VIRTIO_NET_CTRL_MAC_ADDR_SET: 6 bytes. */
    public static final int MAC_ADDR_SET = 1;

    /** Where the addresses begin in a table of {@link #MAC_TABLE_SET}. */
    public static final int MAC_TABLE_MACS = 4;

    /** VIRTIO_NET_CTRL_VLAN. The data of its commands is a le16. */
    public static final int VLAN = 2;

    /** VIRTIO_NET_CTRL_VLAN_ADD. */
    public static final int VLAN_ADD = 0;

    /** VIRTIO_NET_CTRL_VLAN_DEL. */
    public static final int VLAN_DEL = 1;

    /** VIRTIO_NET_CTRL_ANNOUNCE. */
    public static final int ANNOUNCE = 3;

    /** VIRTIO_NET_CTRL_ANNOUNCE_ACK: no data. */
    public static final int ANNOUNCE_ACK = 0;

    /** VIRTIO_NET_CTRL_MQ. */
    public static final int MQ = 4;

    /** VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET: le16, {@link #MQ_VQ_PAIRS_MIN} to {@link #MQ_VQ_PAIRS_MAX}. */
    public static final int MQ_VQ_PAIRS_SET = 0;

    /** VIRTIO_NET_CTRL_MQ_RSS_CONFIG: see {@link NetHash}. */
    public static final int MQ_RSS_CONFIG = 1;

    /** VIRTIO_NET_CTRL_MQ_HASH_CONFIG: see {@link NetHash}. */
    public static final int MQ_HASH_CONFIG = 2;

    /** VIRTIO_NET_CTRL_MQ_VQ_PAIRS_MIN. */
    public static final int MQ_VQ_PAIRS_MIN = 1;

    /** VIRTIO_NET_CTRL_MQ_VQ_PAIRS_MAX. */
    public static final int MQ_VQ_PAIRS_MAX = 0x8000;

    /** VIRTIO_NET_CTRL_GUEST_OFFLOADS. */
    public static final int GUEST_OFFLOADS = 5;

    /** VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET: le64, {@code OFFLOAD_} bit numbers. */
    public static final int GUEST_OFFLOADS_SET = 0;

    /** Bit of GUEST_OFFLOADS_SET for GUEST_CSUM. */
    public static final int OFFLOAD_GUEST_CSUM = 1;

    /** Bit of GUEST_OFFLOADS_SET for GUEST_TSO4. */
    public static final int OFFLOAD_GUEST_TSO4 = 7;

    /** Bit of GUEST_OFFLOADS_SET for GUEST_TSO6. */
    public static final int OFFLOAD_GUEST_TSO6 = 8;

    /** Bit of GUEST_OFFLOADS_SET for GUEST_ECN. */
    public static final int OFFLOAD_GUEST_ECN = 9;

    /** Bit of GUEST_OFFLOADS_SET for GUEST_UFO. */
    public static final int OFFLOAD_GUEST_UFO = 10;

    /** Bit of GUEST_OFFLOADS_SET for GUEST_UDP_TUNNEL_GSO: not its feature bit, which is past 63. */
    public static final int OFFLOAD_GUEST_UDP_TUNNEL_GSO = 46;

    /** Bit of GUEST_OFFLOADS_SET for GUEST_UDP_TUNNEL_GSO_CSUM: not its feature bit, which is past 63. */
    public static final int OFFLOAD_GUEST_UDP_TUNNEL_GSO_CSUM = 47;

    /** Bit of GUEST_OFFLOADS_SET for GUEST_USO4. */
    public static final int OFFLOAD_GUEST_USO4 = 54;

    /** Bit of GUEST_OFFLOADS_SET for GUEST_USO6. */
    public static final int OFFLOAD_GUEST_USO6 = 55;

    /** VIRTIO_NET_CTRL_NOTF_COAL. */
    public static final int NOTF_COAL = 6;

    /** VIRTIO_NET_CTRL_NOTF_COAL_TX_SET: struct virtio_net_ctrl_coal. */
    public static final int NOTF_COAL_TX_SET = 0;

    /** VIRTIO_NET_CTRL_NOTF_COAL_RX_SET: struct virtio_net_ctrl_coal. */
    public static final int NOTF_COAL_RX_SET = 1;

    /** VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET: struct virtio_net_ctrl_coal_vq. */
    public static final int NOTF_COAL_VQ_SET = 2;

    /** VIRTIO_NET_CTRL_NOTF_COAL_VQ_GET: struct virtio_net_ctrl_coal_vq. */
    public static final int NOTF_COAL_VQ_GET = 3;

    /** le32 in struct virtio_net_ctrl_coal. */
    public static final int COAL_MAX_PACKETS = 0;

    /** le32, microseconds, in struct virtio_net_ctrl_coal. */
    public static final int COAL_MAX_USECS = 4;

    /** Size of struct virtio_net_ctrl_coal. */
    public static final int COAL_SIZE = 8;

    /** le16, virtqueue index, in struct virtio_net_ctrl_coal_vq. */
    public static final int COAL_VQ_INDEX = 0;

    /** Where struct virtio_net_ctrl_coal is in struct virtio_net_ctrl_coal_vq. */
    public static final int COAL_VQ_COAL = 4;

    /** Size of struct virtio_net_ctrl_coal_vq. */
    public static final int COAL_VQ_SIZE = 12;

    /** VIRTIO_NET_CTRL_HASH_TUNNEL. */
    public static final int HASH_TUNNEL = 7;

    /** VIRTIO_NET_CTRL_HASH_TUNNEL_SET: le32, {@code TUNNEL_TYPE_} bits of {@link NetHash}. */
    public static final int HASH_TUNNEL_SET = 0;

    /** VIRTIO_NET_CTRL_STATS: see {@link NetStats}. */
    public static final int STATS = 8;

    /** VIRTIO_NET_CTRL_STATS_QUERY. */
    public static final int STATS_QUERY = 0;

    /** VIRTIO_NET_CTRL_STATS_GET. */
    public static final int STATS_GET = 1;

    /** VIRTNET_RSS_CTX_CTRL. */
    public static final int RSS_CTX = 9;

    /** VIRTNET_RSS_CTX_CTRL_CAP_GET: the result is le16 max_rss_contexts. */
    public static final int RSS_CTX_CAP_GET = 0;

    /** VIRTNET_RSS_CTX_CTRL_ADD: struct virtnet_rss_ctx_add_modify. */
    public static final int RSS_CTX_ADD = 1;

    /** VIRTNET_RSS_CTX_CTRL_MOD: struct virtnet_rss_ctx_add_modify. */
    public static final int RSS_CTX_MOD = 2;

    /** VIRTNET_RSS_CTX_CTRL_DEL: le16 rss_ctx_id. */
    public static final int RSS_CTX_DEL = 3;

    /** le16 in struct virtnet_rss_ctx_add_modify. */
    public static final int RSS_CTX_ID = 0;

    /** Where struct virtio_net_rss_config is in struct virtnet_rss_ctx_add_modify. */
    public static final int RSS_CTX_CONFIG = 8;

    private NetControl() {}
}
