// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.NetDriverOptions;
import dev.paravirt.integration.blk.RingFeatures;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetFeatures;

/** Each combination of what decides how rings work, with receive buffers that are merged and that are not. */
final class NetRings {
    static final int COMBINATIONS = 2 * RingFeatures.COMBINATIONS;
    private static final int BUFFERS = 64;
    private static final int SMALL = 448;

    private NetRings() {}

    static FeatureBits features(int combination) {
        FeatureBits rings = RingFeatures.of(combination % RingFeatures.COMBINATIONS);
        FeatureBits features = NetDriverOptions.DEFAULT_FEATURES;
        features = merges(combination) ? features : features.without(NetFeatures.MRG_RXBUF);
        for (int bit = features.next(0); bit >= 0; bit = features.next(bit + 1)) {
            features = VirtqueueFormat.FEATURES.has(bit) ? features.without(bit) : features;
        }
        return features.or(rings.and(NetDriverOptions.ALL_FEATURES).and(VirtqueueFormat.FEATURES));
    }

    private static boolean merges(int combination) {
        return combination >= RingFeatures.COMBINATIONS;
    }

    static NetDriverOptions options(int combination) {
        // Merged, a frame takes up to four buffers; if not, each buffer holds the longest.
        return NetDriverOptions.DEFAULT
                .withFeatures(features(combination))
                .withReceiveBuffers(BUFFERS, merges(combination) ? SMALL : 2048);
    }

    /** How many frames may come in before one is received: no more than there are buffers for. */
    static int window(NetDriver driver) {
        return driver.receiveBuffers() / 4;
    }
}
