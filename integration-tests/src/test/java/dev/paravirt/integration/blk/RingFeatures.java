// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.blk;

import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;

/** Everything that a driver can negotiate, with each combination of what decides how its rings work. */
public final class RingFeatures {
    private static final int[] BITS = {
        Features.RING_PACKED, Features.INDIRECT_DESC, Features.EVENT_IDX, Features.IN_ORDER, Features.NOTIFICATION_DATA
    };

    /** The last bit is left to go along with the one before: it does not change the rings. */
    public static final int COMBINATIONS = 1 << BITS.length - 1;

    private RingFeatures() {}

    public static FeatureBits of(int combination) {
        FeatureBits features = BlockDriverOptions.ALL_FEATURES;
        for (int bit = 0; bit < BITS.length; bit++) {
            int decides = Math.min(bit, BITS.length - 2);
            if ((combination >> decides & 1) == 0) {
                features = features.without(BITS[bit]);
            }
        }
        return features;
    }
}
