// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Layout;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class NetLayoutTest {
    private static final Layout CONFIG = new Layout("""
            u8 mac[6], le16 status, le16 max_virtqueue_pairs, le16 mtu, le32 speed, u8 duplex,
            u8 rss_max_key_size, le16 rss_max_indirection_table_length, le32 supported_hash_types,
            le32 supported_tunnel_types
            """);
    private static final Layout HEADER = new Layout("""
            u8 flags, u8 gso_type, le16 hdr_len, le16 gso_size, le16 csum_start, le16 csum_offset, le16 num_buffers,
            le32 hash_value, le16 hash_report, le16 padding_reserved, le16 outer_th_offset, le16 inner_nh_offset,
            le16 outer_nh_offset, le32 ipsec_resource_id, le16 ipsec_resource_type
            """);

    @Test
    void configuration() {
        CONFIG.matches(NetConfig.class, "");
        assertThat(NetConfig.SIZE).isEqualTo(CONFIG.size());
        assertThat(NetConfig.requiredSize(FeatureBits.NONE)).isEqualTo(CONFIG.offset("status"));
        assertRequired("max_virtqueue_pairs", NetFeatures.STATUS);
        assertRequired("mtu", NetFeatures.MQ);
        assertRequired("speed", NetFeatures.MTU);
        assertRequired("rss_max_key_size", NetFeatures.SPEED_DUPLEX);
        assertRequired("supported_tunnel_types", NetFeatures.RSS);
        assertRequired("supported_tunnel_types", NetFeatures.HASH_REPORT);
        assertThat(NetConfig.requiredSize(FeatureBits.of(NetFeatures.HASH_TUNNEL)))
                .isEqualTo(CONFIG.size());
    }

    private static void assertRequired(String nextField, int feature) {
        assertThat(NetConfig.requiredSize(FeatureBits.of(feature)))
                .as(NetFeatures.name(feature))
                .isEqualTo(CONFIG.offset(nextField));
    }

    @Test
    void header() {
        HEADER.matches(NetHeader.class, "");
        assertThat(NetHeader.size(FeatureBits.of(NetFeatures.MRG_RXBUF))).isEqualTo(HEADER.offset("hash_value"));
        assertThat(NetHeader.size(FeatureBits.of(NetFeatures.HASH_REPORT))).isEqualTo(HEADER.offset("outer_th_offset"));
        assertThat(NetHeader.size(FeatureBits.of(NetFeatures.HOST_UDP_TUNNEL_GSO)))
                .isEqualTo(HEADER.offset("outer_nh_offset"));
        assertThat(NetHeader.size(FeatureBits.of(NetFeatures.GUEST_UDP_TUNNEL_GSO)))
                .isEqualTo(HEADER.offset("outer_nh_offset"));
        assertThat(NetHeader.size(FeatureBits.of(NetFeatures.OUT_NET_HEADER))).isEqualTo(HEADER.size());
        assertThat(NetHeader.size(FeatureBits.of(NetFeatures.IPSEC))).isEqualTo(HEADER.size());
    }

    @Test
    void controlStructures() {
        new Layout("u8 class, u8 command, u8 data[0]").matches(NetControl.class, "");
        new Layout("u8 ack, u8 result[0]").matches(NetControl.class, "");
        Layout coal = new Layout("le32 max_packets, le32 max_usecs");
        coal.matches(NetControl.class, "COAL_");
        assertThat(NetControl.COAL_SIZE).isEqualTo(coal.size());
        Layout coalVq = new Layout("le16 vq_index, le16 reserved, u8 coal[8]");
        assertThat(NetControl.COAL_VQ_INDEX).isEqualTo(coalVq.offset("vq_index"));
        assertThat(NetControl.COAL_VQ_COAL).isEqualTo(coalVq.offset("coal"));
        assertThat(NetControl.COAL_VQ_SIZE).isEqualTo(coalVq.size());
        assertThat(NetControl.MAC_TABLE_MACS).isEqualTo(new Layout("le32 entries, u8 macs[0]").offset("macs"));
        assertThat(NetControl.RSS_CTX_CONFIG)
                .isEqualTo(new Layout("le16 rss_ctx_id, u8 reserved[6], u8 rss[0]").offset("rss"));
    }

    @Test
    void hashStructures() {
        new Layout("le32 hash_types, le16 reserved[4], u8 key_length, u8 key[0]")
                .matches(NetHash.class, "HASH_CONFIG_");
        for (int table = 1; table <= 512; table *= 2) {
            Layout rss = new Layout(
                    "le32 hash_types, le16 indirection_table_mask, le16 unclassified_queue," + "le16 indirection_table["
                            + table + "], le16 max_tx_vq, u8 hash_key_length, u8 hash_key_data[40]");
            assertThat(NetHash.RSS_CONFIG_HASH_TYPES).isEqualTo(rss.offset("hash_types"));
            assertThat(NetHash.RSS_CONFIG_INDIRECTION_TABLE_MASK).isEqualTo(rss.offset("indirection_table_mask"));
            assertThat(NetHash.RSS_CONFIG_UNCLASSIFIED_QUEUE).isEqualTo(rss.offset("unclassified_queue"));
            assertThat(NetHash.RSS_CONFIG_INDIRECTION_TABLE).isEqualTo(rss.offset("indirection_table"));
            assertThat(NetHash.rssConfigMaxTxVq(table)).isEqualTo(rss.offset("max_tx_vq"));
            assertThat(NetHash.rssConfigKeyLength(table)).isEqualTo(rss.offset("hash_key_length"));
            assertThat(NetHash.rssConfigSize(table, 40)).isEqualTo(rss.size());
        }
    }

    @Test
    void statistics() {
        Layout entry = new Layout("le16 vq_index, le16 reserved[3], le64 types_bitmap");
        assertThat(NetStats.QUEUE_VQ_INDEX).isEqualTo(entry.offset("vq_index"));
        assertThat(NetStats.QUEUE_TYPES_BITMAP).isEqualTo(entry.offset("types_bitmap"));
        assertThat(NetStats.QUEUE_SIZE).isEqualTo(entry.size());
        Layout header = new Layout("u8 type, u8 reserved, le16 vq_index, le16 reserved1, le16 size");
        assertThat(NetStats.REPLY_TYPE).isEqualTo(header.offset("type"));
        assertThat(NetStats.REPLY_VQ_INDEX).isEqualTo(header.offset("vq_index"));
        assertThat(NetStats.REPLY_SIZE).isEqualTo(header.offset("size"));
        assertThat(NetStats.REPLY_COUNTERS).isEqualTo(header.size());
        assertCounters("rx_basic", "notifications packets bytes interrupts drops drop_overruns");
        assertCounters("tx_basic", "notifications packets bytes interrupts drops drop_malformed");
        assertCounters("rx_csum", "csum_valid needs_csum csum_none csum_bad");
        assertCounters("tx_csum", "csum_none needs_csum");
        assertCounters("rx_gso", "gso_packets gso_bytes gso_packets_coalesced gso_bytes_coalesced");
        assertCounters(
                "tx_gso", "gso_packets gso_bytes gso_segments gso_segments_bytes gso_packets_noseg gso_bytes_noseg");
        assertCounters("rx_speed", "packets_allowance_exceeded bytes_allowance_exceeded");
        assertCounters("tx_speed", "packets_allowance_exceeded bytes_allowance_exceeded");
        assertThat(NetStats.CVQ_COMMAND_NUM).isEqualTo(8);
        assertThat(NetStats.CVQ_OK_NUM).isEqualTo(16);
        assertThat(NetStats.CVQ_SIZE).isEqualTo(24);
    }

    /** A struct virtio_net_stats_...: the 8 byte reply header and le64 counters. */
    private static void assertCounters(String structure, String fields) {
        String direction = structure.substring(0, 3).toUpperCase(Locale.ROOT);
        int offset = 8;
        for (String field : fields.split(" ", -1)) {
            assertThat(Layout.constant(NetStats.class, direction + field.toUpperCase(Locale.ROOT)))
                    .as("%s.%s", structure, field)
                    .isEqualTo(offset);
            offset += 8;
        }
        assertThat(Layout.constant(NetStats.class, structure.toUpperCase(Locale.ROOT) + "_SIZE"))
                .isEqualTo(offset);
    }

    @Test
    void queuesAreNumberedAsTheTextListsThem() {
        assertThat(NetQueues.receive(0)).isZero();
        assertThat(NetQueues.transmit(0)).isEqualTo(1);
        assertThat(NetQueues.control(1)).isEqualTo(2);
        assertThat(NetQueues.receive(3)).isEqualTo(6);
        assertThat(NetQueues.transmit(3)).isEqualTo(7);
        assertThat(NetQueues.control(4)).isEqualTo(8);
    }
}
