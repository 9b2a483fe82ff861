// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.net;

import dev.paravirt.spec.FeatureBits;

/**
 * The configuration space of the network device: struct virtio_net_config (VIRTIO 1.4, "Network Device / Device
 * configuration layout"). Byte offsets; fields are little-endian; a driver writes none of them.
 */
public final class NetConfig {
    /** u8[6]; always there, valid with MAC. */
    public static final int MAC = 0;

    /** le16, {@code S_} bits; with STATUS. */
    public static final int STATUS = 6;

    /** le16, 1 to 32768; with MQ or RSS. */
    public static final int MAX_VIRTQUEUE_PAIRS = 8;

    /** le16, bytes without the Ethernet header, 68 to 65535; with MTU. */
    public static final int MTU = 10;

    /** le32, Mbit/s, 0 to 0x7fffffff, or {@link #SPEED_UNKNOWN}; with SPEED_DUPLEX. */
    public static final int SPEED = 12;

    /** u8, one of the {@code DUPLEX_} values; with SPEED_DUPLEX. */
    public static final int DUPLEX = 16;

    /** u8, bytes, at least 40; with RSS or HASH_REPORT. */
    public static final int RSS_MAX_KEY_SIZE = 17;

    /** le16, entries, at least 128; with RSS. */
    public static final int RSS_MAX_INDIRECTION_TABLE_LENGTH = 18;

    /** le32, {@code TYPE_} bits of {@link NetHash}; with RSS or HASH_REPORT. */
    public static final int SUPPORTED_HASH_TYPES = 20;

    /** le32, {@code TUNNEL_TYPE_} bits of {@link NetHash}; with HASH_TUNNEL. */
    public static final int SUPPORTED_TUNNEL_TYPES = 24;

    /** Size of the whole structure in VIRTIO 1.4. */
    public static final int SIZE = 28;

    /** Size of the part that every network device has: mac. */
    public static final int MIN_SIZE = 6;

    /** Size of an Ethernet address. */
    public static final int MAC_SIZE = 6;

    /** VIRTIO_NET_S_LINK_UP. */
    public static final int S_LINK_UP = 1;

    /** VIRTIO_NET_S_ANNOUNCE: the driver should send gratuitous packets. */
    public static final int S_ANNOUNCE = 2;

    /** Value of {@link #SPEED}. */
    public static final int SPEED_UNKNOWN = -1;

    /** Value of {@link #DUPLEX}: half duplex, as the field's description and existing implementations have it. */
    public static final int DUPLEX_HALF = 0;

    /** Value of {@link #DUPLEX}: full duplex. (A normative sentence of VIRTIO 1.4 swaps half and full.) */
    public static final int DUPLEX_FULL = 1;

    /** Value of {@link #DUPLEX}. */
    public static final int DUPLEX_UNKNOWN = 0xff;

    /** The least maximum MTU that a device may report. */
    public static final int MIN_MTU = 68;

    private NetConfig() {}

    /**
     * How much of the structure must be there for a device with these features. A driver checks that the configuration
     * space is at least this large, and accepts any larger one.
     */
    public static int requiredSize(FeatureBits features) {
        if (features.has(NetFeatures.HASH_TUNNEL)) {
            return SIZE;
        }
        if (features.has(NetFeatures.RSS) || features.has(NetFeatures.HASH_REPORT)) {
            return SUPPORTED_HASH_TYPES + 4;
        }
        if (features.has(NetFeatures.SPEED_DUPLEX)) {
            return DUPLEX + 1;
        }
        if (features.has(NetFeatures.MTU)) {
            return MTU + 2;
        }
        if (features.has(NetFeatures.MQ)) {
            return MAX_VIRTQUEUE_PAIRS + 2;
        }
        return features.has(NetFeatures.STATUS) ? STATUS + 2 : MIN_SIZE;
    }
}
