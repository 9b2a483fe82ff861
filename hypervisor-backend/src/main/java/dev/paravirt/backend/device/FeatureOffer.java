// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;

/** What a driver may choose from: what the device can, and what the transport lets through and virtqueues implement. */
final class FeatureOffer {
    private FeatureOffer() {}

    static FeatureBits of(VirtioDevice device, FeatureBits transport) {
        FeatureBits own = device.features();
        FeatureBits offer = transport.and(VirtqueueFormat.FEATURES).with(Features.VERSION_1);
        for (int bit = own.next(0); bit >= 0; bit = own.next(bit + 1)) {
            if (Features.isDeviceSpecific(bit) && bit != Features.ADMIN_VQ) {
                offer = offer.with(bit);
            }
        }
        return offer;
    }
}
