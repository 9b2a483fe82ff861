// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.transport.ConfigSnapshot;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.blk.BlkConfig;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkRequest;

/**
 * What a block device said of itself, brought within sense. A number that makes none counts as not said: a block size
 * that is no power of two from 512 to 65536, a limit of 0. "Sectors" are always 512 bytes.
 *
 * @param blockSize bytes of a logical block; smaller requests work but cost more
 * @param physicalBlockSize bytes of a physical block
 * @param alignmentOffset logical blocks before the first one that starts a physical block
 * @param minIoBlocks suggested smallest request, in logical blocks
 * @param optIoBlocks suggested largest request, in logical blocks, 0 if nothing is suggested
 * @param maxSegmentBytes the largest piece of memory in a request; larger ones are divided
 * @param maxSegments the most pieces in a request
 * @param maxTransferBytes the most bytes in a read or write: whole sectors
 * @param maxDiscardSectors the most sectors in a discard request
 * @param discardAlignment sectors to which discards are best aligned
 * @param maxWriteZeroesSectors the most sectors in a write zeroes request
 * @param writeZeroesMayUnmap whether write zeroes with unmap may give the space back
 * @param maxSecureEraseSectors the most sectors in a secure erase request
 * @param secureEraseAlignment sectors to which secure erases are best aligned
 */
public record BlockLimits(
        int blockSize,
        long physicalBlockSize,
        int alignmentOffset,
        int minIoBlocks,
        long optIoBlocks,
        int maxSegmentBytes,
        int maxSegments,
        int maxTransferBytes,
        long maxDiscardSectors,
        long discardAlignment,
        long maxWriteZeroesSectors,
        boolean writeZeroesMayUnmap,
        long maxSecureEraseSectors,
        long secureEraseAlignment) {
    private static final int MAX_BLOCK_SIZE = 65536;
    private static final int MAX_BLOCK_EXPONENT = 16;
    private static final long MAX_CAPACITY = Long.MAX_VALUE >>> BlkRequest.SECTOR_SHIFT;

    /** The part of struct virtio_blk_config that the driver reads. */
    static ConfigSnapshot snapshot() {
        return new ConfigSnapshot(
                BlkConfig.SECURE_ERASE_SECTOR_ALIGNMENT + 4,
                BlkConfig.CAPACITY,
                8,
                BlkConfig.SIZE_MAX,
                4,
                BlkConfig.SEG_MAX,
                4,
                BlkConfig.BLK_SIZE,
                4,
                BlkConfig.TOPOLOGY_PHYSICAL_BLOCK_EXP,
                1,
                BlkConfig.TOPOLOGY_ALIGNMENT_OFFSET,
                1,
                BlkConfig.TOPOLOGY_MIN_IO_SIZE,
                2,
                BlkConfig.TOPOLOGY_OPT_IO_SIZE,
                4,
                BlkConfig.WRITEBACK,
                1,
                BlkConfig.NUM_QUEUES,
                2,
                BlkConfig.MAX_DISCARD_SECTORS,
                4,
                BlkConfig.MAX_DISCARD_SEG,
                4,
                BlkConfig.DISCARD_SECTOR_ALIGNMENT,
                4,
                BlkConfig.MAX_WRITE_ZEROES_SECTORS,
                4,
                BlkConfig.MAX_WRITE_ZEROES_SEG,
                4,
                BlkConfig.WRITE_ZEROES_MAY_UNMAP,
                1,
                BlkConfig.MAX_SECURE_ERASE_SECTORS,
                4,
                BlkConfig.MAX_SECURE_ERASE_SEG,
                4,
                BlkConfig.SECURE_ERASE_SECTOR_ALIGNMENT,
                4);
    }

    /** The capacity in sectors: at most as many as have a number of bytes below 2^63. */
    static long capacity(ConfigSnapshot config) {
        long sectors = config.get64(BlkConfig.CAPACITY);
        return sectors < 0 ? MAX_CAPACITY : Math.min(sectors, MAX_CAPACITY);
    }

    /** How many request queues there are: 1 or more. */
    static int queues(ConfigSnapshot config, FeatureBits features) {
        return features.has(BlkFeatures.MQ) ? Math.max(config.get16(BlkConfig.NUM_QUEUES), 1) : 1;
    }

    /** @param segments what the driver and its queues have room for */
    static BlockLimits of(ConfigSnapshot config, FeatureBits features, int segments) {
        boolean topology = features.has(BlkFeatures.TOPOLOGY);
        int blockSize = blockSize(config, features);
        int exponent = topology ? config.get8(BlkConfig.TOPOLOGY_PHYSICAL_BLOCK_EXP) : 0;
        long segmentBytes = features.has(BlkFeatures.SIZE_MAX) ? config.get32(BlkConfig.SIZE_MAX) : 0;
        int maxSegmentBytes = (int) orUnlimited(segmentBytes, Integer.MAX_VALUE);
        long saidSegments = features.has(BlkFeatures.SEG_MAX) ? config.get32(BlkConfig.SEG_MAX) : segments;
        int maxSegments = (int) Math.max(Math.min(saidSegments, segments), 1);
        long transfer = Math.min((long) maxSegments * maxSegmentBytes, Integer.MAX_VALUE);
        return new BlockLimits(
                blockSize,
                (long) blockSize << (exponent > MAX_BLOCK_EXPONENT ? 0 : exponent),
                topology ? config.get8(BlkConfig.TOPOLOGY_ALIGNMENT_OFFSET) : 0,
                topology ? Math.max(config.get16(BlkConfig.TOPOLOGY_MIN_IO_SIZE), 1) : 1,
                topology ? config.get32(BlkConfig.TOPOLOGY_OPT_IO_SIZE) : 0,
                maxSegmentBytes,
                maxSegments,
                (int) transfer & -BlkRequest.SECTOR_SIZE,
                orUnlimited(config.get32(BlkConfig.MAX_DISCARD_SECTORS), 0xffff_ffffL),
                Math.max(config.get32(BlkConfig.DISCARD_SECTOR_ALIGNMENT), 1),
                orUnlimited(config.get32(BlkConfig.MAX_WRITE_ZEROES_SECTORS), 0xffff_ffffL),
                features.has(BlkFeatures.WRITE_ZEROES) && config.get8(BlkConfig.WRITE_ZEROES_MAY_UNMAP) == 1,
                orUnlimited(config.get32(BlkConfig.MAX_SECURE_ERASE_SECTORS), 0xffff_ffffL),
                Math.max(config.get32(BlkConfig.SECURE_ERASE_SECTOR_ALIGNMENT), 1));
    }

    private static int blockSize(ConfigSnapshot config, FeatureBits features) {
        long said = features.has(BlkFeatures.BLK_SIZE) ? config.get32(BlkConfig.BLK_SIZE) : BlkRequest.SECTOR_SIZE;
        boolean sound = said >= BlkRequest.SECTOR_SIZE && said <= MAX_BLOCK_SIZE && (said & (said - 1)) == 0;
        return sound ? (int) said : BlkRequest.SECTOR_SIZE;
    }

    private static long orUnlimited(long limit, long unlimited) {
        return limit == 0 ? unlimited : Math.min(limit, unlimited);
    }
}
