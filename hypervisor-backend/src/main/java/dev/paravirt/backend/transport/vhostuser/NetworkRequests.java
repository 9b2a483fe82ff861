// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The requests of a front-end that are for network devices only. */
final class NetworkRequests {
    /** Protocol features that these belong to, as bits. */
    static final long FEATURES = 1L << ProtocolFeatures.RARP | 1L << ProtocolFeatures.NET_MTU;

    private static final Logger LOG = LoggerFactory.getLogger(NetworkRequests.class);
    private static final int MAC_SIZE = 6;

    private final NetDevice device;

    NetworkRequests(NetDevice device) {
        this.device = device;
    }

    /**
     * Does what a request asks for.
     *
     * @param driverCanBeTold whether a driver learns of changes to the configuration
     * @return false if it is none of these
     */
    boolean handle(Message message, boolean driverCanBeTold) throws RefusedException {
        switch (message.request()) {
            case FrontEndRequest.SEND_RARP -> announce(message.getBytes(0, MAC_SIZE), driverCanBeTold);
            case FrontEndRequest.NET_SET_MTU -> limitMtu(message.getLong(0));
            default -> {
                return false;
            }
        }
        return true;
    }

    /** The guest has come here from another host. It says so itself if it can. */
    private void announce(byte[] mac, boolean driverCanBeTold) throws RefusedException {
        if (driverCanBeTold && device.announce()) {
            return;
        }
        try {
            if (!device.announceStation(mac)) {
                LOG.debug("the network does not take an announcement");
            }
        } catch (IllegalArgumentException noStation) {
            throw new RefusedException("no announcement", noStation);
        } catch (RuntimeException failure) {
            // A network that fails is not the front-end's fault.
            LOG.warn("the network fails to take an announcement: {}", failure.toString());
        }
    }

    /** More than the device can have is refused, as frames of that length would be lost. */
    private void limitMtu(long mtu) throws RefusedException {
        try {
            device.limitMtu(Math.clamp(mtu, Integer.MIN_VALUE, Integer.MAX_VALUE));
        } catch (IllegalArgumentException outOfRange) {
            throw new RefusedException("no MTU: " + Long.toUnsignedString(mtu), outOfRange);
        }
    }

    /** The front-end has left, and with it what it wanted of the device. */
    void forget() {
        device.limitMtu(device.mostMtu());
    }
}
