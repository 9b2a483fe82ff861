// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetHash;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;

/** The configuration space of a network device, but for the address, which is the filter's. For any thread. */
final class NetConfiguration {
    private final int pairs;
    private final int mostMtu;
    private final int speed;

    /** {@code S_} bits of {@link NetConfig}. */
    private final AtomicInteger status = new AtomicInteger(NetConfig.S_LINK_UP);

    private volatile int mtu;

    NetConfiguration(NetOptions options) {
        this.pairs = options.queuePairs();
        this.mostMtu = options.mtu();
        this.speed = options.speed();
        this.mtu = mostMtu;
    }

    /** @param offset of the first byte; the whole range lies within the space */
    void read(long mac, int offset, byte[] destination, int start, int length) {
        byte[] bytes = new byte[NetConfig.SIZE];
        ByteBuffer config = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        Ethernet.put(mac, bytes, NetConfig.MAC);
        config.putShort(NetConfig.STATUS, (short) status.get());
        config.putShort(NetConfig.MAX_VIRTQUEUE_PAIRS, (short) pairs);
        config.putShort(NetConfig.MTU, (short) mtu);
        config.putInt(NetConfig.SPEED, speed);
        config.put(NetConfig.DUPLEX, (byte) NetConfig.DUPLEX_FULL);
        config.put(NetConfig.RSS_MAX_KEY_SIZE, (byte) NetHash.MIN_MAX_KEY_SIZE);
        config.putShort(NetConfig.RSS_MAX_INDIRECTION_TABLE_LENGTH, (short) NetHash.MIN_MAX_INDIRECTION_TABLE_LENGTH);
        config.putInt(NetConfig.SUPPORTED_HASH_TYPES, PacketHash.SUPPORTED);
        System.arraycopy(bytes, offset, destination, start, length);
    }

    boolean isLinkUp() {
        return (status.get() & NetConfig.S_LINK_UP) != 0;
    }

    void linkUp(boolean up) {
        status.updateAndGet(bits -> up ? bits | NetConfig.S_LINK_UP : bits & ~NetConfig.S_LINK_UP);
    }

    /** The driver is to announce itself. */
    void announce() {
        status.updateAndGet(bits -> bits | NetConfig.S_ANNOUNCE);
    }

    /** It has, or never will. */
    void announced() {
        status.updateAndGet(bits -> bits & ~NetConfig.S_ANNOUNCE);
    }

    int mtu() {
        return mtu;
    }

    void mtu(int value) {
        mtu = value;
    }

    int mostMtu() {
        return mostMtu;
    }

    void checkMtu(int value) {
        if (value < NetConfig.MIN_MTU || value > mostMtu) {
            throw new IllegalArgumentException("an MTU is 68 to " + mostMtu + " here: " + value);
        }
    }
}
