// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import dev.paravirt.spec.blk.BlkLifetime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How worn the storage behind a disk is (VIRTIO 1.4, "Block Device / Device Operation").
 *
 * @param preEolInfo reserved blocks consumed: one of the {@code PRE_EOL_INFO_} values of {@link BlkLifetime}
 * @param typeA wear of SLC cells in steps of 10 percent, 1 to 11; 0 if unknown
 * @param typeB wear of MLC cells in the same steps
 */
public record BlockLifetime(int preEolInfo, int typeA, int typeB) {
    public BlockLifetime {
        if (preEolInfo < 0 || preEolInfo > BlkLifetime.PRE_EOL_INFO_URGENT || !isStep(typeA) || !isStep(typeB)) {
            throw new IllegalArgumentException(
                    "a lifetime of reserved values: " + preEolInfo + ", " + typeA + ", " + typeB);
        }
    }

    private static boolean isStep(int value) {
        return value >= 0 && value <= 11;
    }

    byte[] encode() {
        return ByteBuffer.allocate(BlkLifetime.SIZE)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort(BlkLifetime.PRE_EOL_INFO_FIELD, (short) preEolInfo)
                .putShort(BlkLifetime.DEVICE_LIFETIME_EST_TYP_A, (short) typeA)
                .putShort(BlkLifetime.DEVICE_LIFETIME_EST_TYP_B, (short) typeB)
                .array();
    }
}
