// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;

/** The command of the class GUEST_OFFLOADS, and what offloads are. */
final class OffloadCommands {
    /** What a driver may leave to the device. */
    static final FeatureBits HOST = FeatureBits.of(
            NetFeatures.CSUM, NetFeatures.HOST_TSO4, NetFeatures.HOST_TSO6, NetFeatures.HOST_ECN, NetFeatures.HOST_USO);

    /** What the device may leave to a driver. */
    static final FeatureBits GUEST = FeatureBits.of(
            NetFeatures.GUEST_CSUM,
            NetFeatures.GUEST_TSO4,
            NetFeatures.GUEST_TSO6,
            NetFeatures.GUEST_ECN,
            NetFeatures.GUEST_USO4,
            NetFeatures.GUEST_USO6);

    private final NetDevice device;

    OffloadCommands(NetDevice device) {
        this.device = device;
    }

    /** @param length of the data of the command */
    boolean execute(int command, DescriptorChain chain, long length) {
        FeatureBits negotiated = device.negotiated();
        if (command != NetControl.GUEST_OFFLOADS_SET
                || length != Long.BYTES
                || !negotiated.has(NetFeatures.CTRL_GUEST_OFFLOADS)) {
            return false;
        }
        // For those that the device offers the bits are the features'.
        FeatureBits wanted = FeatureBits.ofLongs(chain.readLong(NetControl.DATA), 0);
        if (!negotiated.and(GUEST).hasAll(wanted)) {
            return false;
        }
        device.guestOffloads(wanted);
        return true;
    }
}
