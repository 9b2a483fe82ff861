// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

/**
 * Which I/O suits the disk best (VIRTIO 1.4, "Block Device / Device configuration layout"), in logical blocks. A driver
 * may well ignore it.
 *
 * @param physicalBlockExponent log2 of logical blocks in a physical block, 0 to 255
 * @param alignmentOffset logical blocks to the first physical block, 0 to 255
 * @param minIoSize suggested minimum, 0 to 65535; 0 for no suggestion
 * @param optIoSize suggested maximum, 0 or more; 0 for no suggestion
 */
public record BlockTopology(int physicalBlockExponent, int alignmentOffset, int minIoSize, int optIoSize) {
    public BlockTopology {
        if ((physicalBlockExponent | alignmentOffset) >>> 8 != 0 || minIoSize >>> 16 != 0 || optIoSize < 0) {
            throw new IllegalArgumentException("a field of the topology is out of its range: " + physicalBlockExponent
                    + ", " + alignmentOffset + ", " + minIoSize + ", " + optIoSize);
        }
    }
}
