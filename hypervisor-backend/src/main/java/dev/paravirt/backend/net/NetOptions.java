// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetFeatures;

/**
 * What a network device looks like to its driver. The setters return this object, and throw
 * {@link IllegalArgumentException} for what no device can have. A device copies what it needs.
 */
public final class NetOptions {
    private static final FeatureBits FEATURES = FeatureBits.of(
                    NetFeatures.MAC,
                    NetFeatures.MTU,
                    NetFeatures.STATUS,
                    NetFeatures.MRG_RXBUF,
                    NetFeatures.CTRL_VQ,
                    NetFeatures.CTRL_RX,
                    NetFeatures.CTRL_RX_EXTRA,
                    NetFeatures.CTRL_VLAN,
                    NetFeatures.CTRL_MAC_ADDR,
                    NetFeatures.GUEST_ANNOUNCE,
                    NetFeatures.MQ,
                    NetFeatures.RSS,
                    NetFeatures.HASH_REPORT,
                    NetFeatures.CTRL_GUEST_OFFLOADS,
                    NetFeatures.GUEST_HDRLEN,
                    NetFeatures.NOTF_COAL,
                    NetFeatures.VQ_NOTF_COAL,
                    NetFeatures.SPEED_DUPLEX)
            .or(OffloadCommands.HOST)
            .or(OffloadCommands.GUEST);

    private static final int MAX_QUEUE_PAIRS = 128;
    private static final int DEFAULT_QUEUE_SIZE = 256;
    private static final int DEFAULT_BACKLOG = 1024;
    private static final int DEFAULT_MTU = 1500;

    private final long mac;
    private int mtu = DEFAULT_MTU;
    private int speed = NetConfig.SPEED_UNKNOWN;
    private int queueSize = DEFAULT_QUEUE_SIZE;
    private int backlog = DEFAULT_BACKLOG;
    private int queuePairs = 1;
    private boolean controlInFront;
    private FeatureBits withheld = FeatureBits.NONE;

    /** @param mac the device's address, such as {@code 02:00:00:00:00:01}: of one station, not of a group */
    public NetOptions(String mac) {
        this.mac = Ethernet.parse(mac);
        if (!Ethernet.isStation(this.mac)) {
            throw new IllegalArgumentException(mac + " is not the address of a station");
        }
    }

    /** The largest MTU in bytes, without the Ethernet header, 68 to 65535. Default: 1500. */
    public NetOptions mtu(int value) {
        if (value < NetConfig.MIN_MTU || value > 65535) {
            throw new IllegalArgumentException("an MTU is 68 to 65535: " + value);
        }
        mtu = value;
        return this;
    }

    /** What the driver may tell its user about the speed, in Mbit/s, full duplex. Default: unknown. */
    public NetOptions speed(int value) {
        if (value < 0) {
            throw new IllegalArgumentException("a speed is 0 or more: " + value);
        }
        speed = value;
        return this;
    }

    /** The largest size of a queue: a power of two, 2 to 32768. Default: 256. */
    public NetOptions queueSize(int value) {
        if (value < 2 || value > 32768 || Integer.bitCount(value) != 1) {
            throw new IllegalArgumentException("a queue size is a power of two, 2 to 32768: " + value);
        }
        queueSize = value;
        return this;
    }

    /** How many received frames may wait for the worker, 2 to 65536, rounded up to a power of two. Default: 1024. */
    public NetOptions backlog(int value) {
        if (value < 2 || value > 65536) {
            throw new IllegalArgumentException("a backlog is 2 to 65536: " + value);
        }
        backlog = value;
        return this;
    }

    /** The most pairs of queues that a driver can use, 1 to 128; with 1, neither MQ nor RSS is offered. Default: 1. */
    public NetOptions queuePairs(int value) {
        if (value < 1 || value > MAX_QUEUE_PAIRS) {
            throw new IllegalArgumentException("a device has 1 to " + MAX_QUEUE_PAIRS + " queue pairs: " + value);
        }
        queuePairs = value;
        return this;
    }

    /**
     * Whether somebody in front of the device may keep the control queue, and the commands on it, for itself, as
     * vhost-user front-ends do: then MQ and others are accepted without CTRL_VQ, and the receiveqs in use are those that
     * are set up, from the first on. Default: no.
     */
    public NetOptions controlInFront(boolean value) {
        controlInFront = value;
        return this;
    }

    /** Features of {@link NetFeatures} that are not offered, nor what depends on them. Default: none. */
    public NetOptions withhold(FeatureBits value) {
        withheld = value;
        return this;
    }

    FeatureBits features() {
        FeatureBits offer = FEATURES.minus(withheld);
        if (queuePairs == 1) {
            offer = offer.without(NetFeatures.MQ).without(NetFeatures.RSS);
        }
        for (int unmet = NetFeatures.firstUnmet(offer); unmet >= 0; unmet = NetFeatures.firstUnmet(offer)) {
            offer = offer.without(unmet);
        }
        return offer;
    }

    boolean controlInFront() {
        return controlInFront;
    }

    int queuePairs() {
        return queuePairs;
    }

    long mac() {
        return mac;
    }

    int mtu() {
        return mtu;
    }

    int speed() {
        return speed;
    }

    int queueSize() {
        return queueSize;
    }

    int backlog() {
        return backlog;
    }
}
