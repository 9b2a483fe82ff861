// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;

/**
 * How a device is offered to virtual machines.
 *
 * @param features the device-independent features that may be offered
 * @param workers the most threads that serve the device's queues, at least 1
 * @param inBandNotifications whether to offer that front-ends notify by message. Some then do so, which costs both sides
 *     far more than a descriptor: it is for simulations.
 */
public record VhostUserOptions(FeatureBits features, int workers, boolean inBandNotifications) {
    /** All device-independent features that there are for vhost-user; those of notifications need a bus. */
    public static final FeatureBits FEATURES = FeatureBits.of(
            Features.VERSION_1, Features.INDIRECT_DESC, Features.EVENT_IDX, Features.RING_PACKED, Features.IN_ORDER);

    public VhostUserOptions {
        if (workers < 1) {
            throw new IllegalArgumentException("a device needs at least one worker: " + workers);
        }
        features = features.and(FEATURES);
    }

    /** All features, one worker, and descriptors to notify by. */
    public VhostUserOptions() {
        this(FEATURES, 1, false);
    }
}
