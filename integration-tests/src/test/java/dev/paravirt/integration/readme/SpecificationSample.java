// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.readme;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.ring.RingIndex;
import java.io.IOException;

/** The sample of virtio-spec/README.md. */
final class SpecificationSample {
    private SpecificationSample() {}

    static boolean run(FeatureBits understood, int availEvent, int newIndex, int oldIndex) throws IOException {
        // [readme
        FeatureBits offered = FeatureBits.of(Features.VERSION_1, Features.RING_PACKED, BlkFeatures.FLUSH);
        FeatureBits accepted = offered.and(understood);
        if (!accepted.has(Features.VERSION_1)) {
            throw new IOException("a legacy device; it offers " + offered.describe(BlkFeatures::name));
        }
        boolean notify = RingIndex.needEvent(availEvent, newIndex, oldIndex);
        // readme]
        return notify;
    }
}
