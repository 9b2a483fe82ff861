// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetFeatures;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a driver commanded of the whole device, for the device that it moves to.
 *
 * @param guestOffloads what the driver takes
 * @param hash of received frames, if that is reported
 */
record NetState(
        ReceiveFilter filter,
        ReceiveSteering steering,
        FeatureBits guestOffloads,
        @Nullable PacketHash hash) {
    void save(DataOutput state) throws IOException {
        filter.save(state);
        steering.save(state);
        state.writeLong(guestOffloads.low());
        if (hash != null) {
            hash.save(state);
        }
    }

    /** @param pairs that the driver can use */
    static NetState load(DataInput state, FeatureBits driverFeatures, int pairs) throws IOException {
        ReceiveFilter filter = ReceiveFilter.load(state, driverFeatures.has(NetFeatures.CTRL_VLAN));
        ReceiveSteering steering = ReceiveSteering.load(state, pairs);
        FeatureBits offloads = FeatureBits.ofLongs(state.readLong(), 0);
        if (!driverFeatures.and(OffloadCommands.GUEST).hasAll(offloads)) {
            throw new IOException("its driver takes offloads that it did not negotiate: " + offloads);
        }
        PacketHash hash = driverFeatures.has(NetFeatures.HASH_REPORT) ? PacketHash.load(state) : null;
        return new NetState(filter, steering, offloads, hash);
    }
}
