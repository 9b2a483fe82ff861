// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.blk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Layout;
import org.junit.jupiter.api.Test;

class BlkLayoutTest {
    private static final Layout CONFIG = new Layout("""
            le64 capacity, le32 size_max, le32 seg_max,
            le16 geometry_cylinders, u8 geometry_heads, u8 geometry_sectors,
            le32 blk_size,
            u8 topology_physical_block_exp, u8 topology_alignment_offset,
            le16 topology_min_io_size, le32 topology_opt_io_size,
            u8 writeback, u8 unused0, le16 num_queues,
            le32 max_discard_sectors, le32 max_discard_seg, le32 discard_sector_alignment,
            le32 max_write_zeroes_sectors, le32 max_write_zeroes_seg, u8 write_zeroes_may_unmap, u8 unused1[3],
            le32 max_secure_erase_sectors, le32 max_secure_erase_seg, le32 secure_erase_sector_alignment,
            le32 zoned_zone_sectors, le32 zoned_max_open_zones, le32 zoned_max_active_zones,
            le32 zoned_max_append_sectors, le32 zoned_write_granularity, u8 zoned_model, u8 unused2[3]
            """);

    @Test
    void configuration() {
        CONFIG.matches(BlkConfig.class, "");
        assertThat(BlkConfig.SIZE).isEqualTo(CONFIG.size());
    }

    @Test
    void requiredSizeEndsWithTheLastFieldThatAFeatureBringsAlong() {
        record Case(int feature, String nextField) {}
        Case[] cases = {
            new Case(BlkFeatures.SIZE_MAX, "seg_max"),
            new Case(BlkFeatures.SEG_MAX, "geometry_cylinders"),
            new Case(BlkFeatures.GEOMETRY, "blk_size"),
            new Case(BlkFeatures.BLK_SIZE, "topology_physical_block_exp"),
            new Case(BlkFeatures.TOPOLOGY, "writeback"),
            new Case(BlkFeatures.CONFIG_WCE, "unused0"),
            new Case(BlkFeatures.MQ, "max_discard_sectors"),
            new Case(BlkFeatures.DISCARD, "max_write_zeroes_sectors"),
            new Case(BlkFeatures.WRITE_ZEROES, "unused1"),
            new Case(BlkFeatures.SECURE_ERASE, "zoned_zone_sectors"),
        };
        FeatureBits sofar = FeatureBits.NONE;
        assertThat(BlkConfig.requiredSize(sofar)).isEqualTo(CONFIG.offset("size_max"));
        for (Case step : cases) {
            int expected = CONFIG.offset(step.nextField());
            assertThat(BlkConfig.requiredSize(FeatureBits.of(step.feature()))).isEqualTo(expected);
            sofar = sofar.with(step.feature());
            assertThat(BlkConfig.requiredSize(sofar)).isEqualTo(expected);
        }
        assertThat(BlkConfig.requiredSize(FeatureBits.of(BlkFeatures.ZONED))).isEqualTo(CONFIG.size());
        assertThat(BlkConfig.requiredSize(FeatureBits.of(BlkFeatures.RO, BlkFeatures.FLUSH)))
                .isEqualTo(BlkConfig.MIN_SIZE);
    }

    @Test
    void requestHeader() {
        Layout header = new Layout("le32 type, le32 reserved, le64 sector");
        header.matches(BlkRequest.class, "");
        assertThat(BlkRequest.HEADER_SIZE).isEqualTo(header.size());
        assertThat(BlkRequest.MIN_SIZE).isEqualTo(header.size() + 1);
        assertThat(BlkRequest.SECTOR_SIZE).isEqualTo(512).isEqualTo(1 << BlkRequest.SECTOR_SHIFT);
        assertThat(BlkRequest.ID_SIZE).isEqualTo(20);
        assertThat(BlkRequest.APPEND_SECTOR_SIZE).isEqualTo(Long.BYTES);
    }

    @Test
    void segmentAndLifetime() {
        Layout segment = new Layout("le64 sector, le32 num_sectors, le32 flags");
        segment.matches(BlkSegment.class, "");
        assertThat(BlkSegment.SIZE).isEqualTo(segment.size());
        assertThat(BlkSegment.FLAG_UNMAP).isEqualTo(1);
        Layout lifetime =
                new Layout("le16 pre_eol_info_field, le16 device_lifetime_est_typ_a, le16 device_lifetime_est_typ_b");
        lifetime.matches(BlkLifetime.class, "");
        assertThat(BlkLifetime.SIZE).isEqualTo(lifetime.size());
    }

    @Test
    void zoneReport() {
        Layout report = new Layout("le64 nr_zones, u8 reserved[56], u8 zones[0]");
        report.matches(BlkZoned.class, "REPORT_");
        Layout zone = new Layout("le64 cap, le64 start, le64 wp, u8 type, u8 state, u8 reserved[38]");
        zone.matches(BlkZoned.class, "ZONE_");
        assertThat(BlkZoned.ZONE_SIZE).isEqualTo(zone.size());
    }
}
