// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import java.io.IOException;

/**
 * What a device says of itself: features, configuration space and number of queues. A back-end that has no configuration
 * space leaves part of this to the front-end, and with it the features that need that part.
 */
final class FrontEndConfig {
    /** Belong to the control queue, which in front of such a back-end is the front-end's own affair, or to fields. */
    private static final FeatureBits NOT_WITHOUT_CONFIG = FeatureBits.of(
            NetFeatures.MTU,
            NetFeatures.STATUS,
            NetFeatures.CTRL_VQ,
            NetFeatures.CTRL_RX,
            NetFeatures.CTRL_VLAN,
            NetFeatures.CTRL_RX_EXTRA,
            NetFeatures.CTRL_MAC_ADDR,
            NetFeatures.CTRL_GUEST_OFFLOADS,
            NetFeatures.GUEST_ANNOUNCE,
            NetFeatures.MQ,
            NetFeatures.RSS,
            NetFeatures.HASH_REPORT,
            NetFeatures.NOTF_COAL,
            NetFeatures.VQ_NOTF_COAL,
            NetFeatures.SPEED_DUPLEX);

    private static final int PAIR = 2;

    private final FeatureBits features;
    private final FeatureBits own;
    private final byte[] bytes;
    private final int size;
    private final int queues;

    private FrontEndConfig(FeatureBits features, FeatureBits own, byte[] bytes, int size, int queues) {
        this.features = features;
        this.own = own;
        this.bytes = bytes;
        this.size = size;
        this.queues = queues;
    }

    static FrontEndConfig of(BackEndConnection connection, int deviceType, byte[] mac) {
        FeatureBits offered = FeatureBits.ofLongs(connection.features(), 0);
        int queues = queues(connection, deviceType);
        if (connection.has(ProtocolFeatures.CONFIG)) {
            return new FrontEndConfig(offered, FeatureBits.NONE, new byte[0], Payload.MAX_CONFIG_BYTES, queues);
        }
        if (deviceType != DeviceType.NETWORK) {
            return new FrontEndConfig(offered, FeatureBits.NONE, new byte[0], 0, queues);
        }
        FeatureBits own = mac.length == 0 ? FeatureBits.NONE : FeatureBits.of(NetFeatures.MAC);
        byte[] bytes = new byte[NetConfig.SIZE];
        System.arraycopy(mac, 0, bytes, NetConfig.MAC, mac.length);
        FeatureBits left = offered.minus(NOT_WITHOUT_CONFIG).without(NetFeatures.MAC);
        return new FrontEndConfig(left.or(own), own, bytes, bytes.length, queues);
    }

    /** Network back-ends count pairs, without the control queue; back-ends that cannot be asked have the least. */
    private static int queues(BackEndConnection connection, int deviceType) {
        int told = connection.queueNumber();
        return switch (deviceType) {
            case DeviceType.NETWORK -> PAIR * Math.max(told, 1) + (connection.has(ProtocolFeatures.CONFIG) ? 1 : 0);
            case DeviceType.BLOCK -> Math.max(told, 1);
            default -> Math.max(told, PAIR);
        };
    }

    FeatureBits features() {
        return features;
    }

    int size() {
        return size;
    }

    int queues() {
        return queues;
    }

    /** Of the features that a driver has accepted, those that the back-end has offered. */
    FeatureBits toldToBackEnd(FeatureBits acceptedFeatures) {
        return acceptedFeatures.minus(own);
    }

    /** The first bytes of the configuration space, of one moment. */
    byte[] read(BackEndConnection connection, int length) throws IOException {
        return connection.has(ProtocolFeatures.CONFIG) ? connection.config(0, length) : bytes;
    }
}
