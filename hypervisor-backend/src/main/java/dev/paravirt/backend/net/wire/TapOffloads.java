// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import dev.paravirt.linux.Errno;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Tap;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetFeatures;

/** The offloads of TAP devices as feature bits of the network device. */
final class TapOffloads {
    private static final FeatureBits ALWAYS = FeatureBits.of(
            NetFeatures.CSUM,
            NetFeatures.HOST_TSO4,
            NetFeatures.HOST_TSO6,
            NetFeatures.HOST_ECN,
            NetFeatures.GUEST_CSUM,
            NetFeatures.GUEST_TSO4,
            NetFeatures.GUEST_TSO6,
            NetFeatures.GUEST_ECN);
    private static final FeatureBits WITH_USO =
            ALWAYS.or(FeatureBits.of(NetFeatures.HOST_USO, NetFeatures.GUEST_USO4, NetFeatures.GUEST_USO6));

    private TapOffloads() {}

    /** What this kernel takes and gives. Changes what the device gives now. */
    static FeatureBits of(Tap tap) throws LinuxException {
        try {
            tap.offloads(Tap.CSUM | Tap.USO);
            return WITH_USO;
        } catch (LinuxException failure) {
            if (failure.errno() == Errno.EINVAL) {
                return ALWAYS;
            }
            throw failure;
        }
    }

    /** What the driver takes, in the bits of {@link Tap#offloads}. */
    static int bits(FeatureBits guest) {
        if (!guest.has(NetFeatures.GUEST_CSUM)) {
            return 0;
        }
        int bits = Tap.CSUM;
        bits |= guest.has(NetFeatures.GUEST_TSO4) ? Tap.TSO4 : 0;
        bits |= guest.has(NetFeatures.GUEST_TSO6) ? Tap.TSO6 : 0;
        boolean segments = (bits & (Tap.TSO4 | Tap.TSO6)) != 0;
        bits |= segments && guest.has(NetFeatures.GUEST_ECN) ? Tap.TSO_ECN : 0;
        // The kernel gives both or none.
        bits |= guest.has(NetFeatures.GUEST_USO4) && guest.has(NetFeatures.GUEST_USO6) ? Tap.USO : 0;
        return bits;
    }
}
