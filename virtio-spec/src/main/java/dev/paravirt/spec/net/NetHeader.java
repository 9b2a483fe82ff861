// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.net;

import dev.paravirt.spec.FeatureBits;

/**
 * What stands before each packet: struct virtio_net_hdr (VIRTIO 1.4, "Network Device / Device Operation"). Byte
 * offsets; fields are little-endian.
 */
public final class NetHeader {
    /** u8, {@code F_} bits. */
    public static final int FLAGS = 0;

    /** u8, one of the {@code GSO_} values, or'ed with {@link #GSO_ECN} and the tunnel bits. */
    public static final int GSO_TYPE = 1;

    /** le16, bytes: length of the headers. */
    public static final int HDR_LEN = 2;

    /** le16, bytes: maximum segment size. */
    public static final int GSO_SIZE = 4;

    /** le16, bytes: where checksumming begins. */
    public static final int CSUM_START = 6;

    /** le16, bytes from csum_start: where the checksum goes. */
    public static final int CSUM_OFFSET = 8;

    /** le16: buffers that a received packet spans, 1 without MRG_RXBUF; 0 in a packet that is sent. */
    public static final int NUM_BUFFERS = 10;

    /** le32; with HASH_REPORT. */
    public static final int HASH_VALUE = 12;

    /** le16, one of the {@code REPORT_} values of {@link NetHash}; with HASH_REPORT. */
    public static final int HASH_REPORT = 16;

    /** le16; with HASH_REPORT. */
    public static final int PADDING_RESERVED = 18;

    /** le16; with HOST_ or GUEST_UDP_TUNNEL_GSO. */
    public static final int OUTER_TH_OFFSET = 20;

    /** le16; with HOST_ or GUEST_UDP_TUNNEL_GSO. */
    public static final int INNER_NH_OFFSET = 22;

    /** le16; with OUT_NET_HEADER. */
    public static final int OUTER_NH_OFFSET = 24;

    /** le32; with IPSEC. */
    public static final int IPSEC_RESOURCE_ID = 26;

    /** le16; with IPSEC. */
    public static final int IPSEC_RESOURCE_TYPE = 30;

    /** Size without any of the optional fields. */
    public static final int SIZE = 12;

    /** Size with HASH_REPORT. */
    public static final int SIZE_HASH_REPORT = 20;

    /** Size with HOST_ or GUEST_UDP_TUNNEL_GSO. */
    public static final int SIZE_UDP_TUNNEL_GSO = 24;

    /** Size with OUT_NET_HEADER or IPSEC. */
    public static final int SIZE_OUT_NET_HEADER = 32;

    /** VIRTIO_NET_HDR_F_NEEDS_CSUM: the checksum is partial. */
    public static final int F_NEEDS_CSUM = 1;

    /** VIRTIO_NET_HDR_F_DATA_VALID: the checksum was checked. */
    public static final int F_DATA_VALID = 2;

    /** VIRTIO_NET_HDR_F_RSC_INFO: csum_start and csum_offset hold segment counts. */
    public static final int F_RSC_INFO = 4;

    /** VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM: the outer checksum is partial. */
    public static final int F_UDP_TUNNEL_CSUM = 8;

    /** VIRTIO_NET_HDR_F_SECURITY. */
    public static final int F_SECURITY = 16;

    /** VIRTIO_NET_HDR_F_SECURITY_ERR. */
    public static final int F_SECURITY_ERR = 32;

    /** VIRTIO_NET_HDR_F_SECURITY_SA_SOFT_EXPIRY_WARN. */
    public static final int F_SECURITY_SA_SOFT_EXPIRY_WARN = 64;

    /** VIRTIO_NET_HDR_GSO_NONE: a whole packet. */
    public static final int GSO_NONE = 0;

    /** VIRTIO_NET_HDR_GSO_TCPV4. */
    public static final int GSO_TCPV4 = 1;

    /** VIRTIO_NET_HDR_GSO_UDP: UFO. */
    public static final int GSO_UDP = 3;

    /** VIRTIO_NET_HDR_GSO_TCPV6. */
    public static final int GSO_TCPV6 = 4;

    /** VIRTIO_NET_HDR_GSO_UDP_L4: USO. */
    public static final int GSO_UDP_L4 = 5;

    /** VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4, a bit. */
    public static final int GSO_UDP_TUNNEL_IPV4 = 0x20;

    /** VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6, a bit. */
    public static final int GSO_UDP_TUNNEL_IPV6 = 0x40;

    /** VIRTIO_NET_HDR_GSO_ECN, a bit. */
    public static final int GSO_ECN = 0x80;

    private NetHeader() {}

    /**
     * Size of the header with these negotiated features.
     *
     * <p>VIRTIO 1.4 does not say whether a field that was not negotiated keeps its room when a later one was. Here it
     * does, so that offsets never move; Linux does the same.
     */
    public static int size(FeatureBits features) {
        if (features.has(NetFeatures.OUT_NET_HEADER) || features.has(NetFeatures.IPSEC)) {
            return SIZE_OUT_NET_HEADER;
        }
        if (features.has(NetFeatures.HOST_UDP_TUNNEL_GSO) || features.has(NetFeatures.GUEST_UDP_TUNNEL_GSO)) {
            return SIZE_UDP_TUNNEL_GSO;
        }
        return features.has(NetFeatures.HASH_REPORT) ? SIZE_HASH_REPORT : SIZE;
    }
}
