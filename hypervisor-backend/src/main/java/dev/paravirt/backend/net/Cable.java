// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetHeader;

/**
 * Joins two networks that are not devices', as a cable between two switches does: a {@link LearningSwitch} and a wire to
 * another machine, for example. What one network leaves to be done to a frame and the other does not do is done here.
 *
 * <p>For frames from any thread, of either network. The link to a network that is down loses what is sent there.
 */
public final class Cable implements AutoCloseable {
    private final NetBackend first;
    private final NetBackend second;

    private Cable(NetBackend first, NetBackend second) {
        this.first = first;
        this.second = second;
    }

    /**
     * Joins them from now on.
     *
     * @param first belongs to the cable, and is closed with it; not attached to anything yet
     * @param second as {@code first}
     * @param mtu of both networks in bytes, without the Ethernet header, 68 to 65535: longer frames are lost
     */
    public static Cable join(NetBackend first, NetBackend second, int mtu) {
        int maxFrame = new NetOptions("02:00:00:00:00:01").mtu(mtu).mtu() + Ethernet.HEADER + Ethernet.VLAN_TAG;
        Lead there = new Lead(first.offloads(), second, maxFrame);
        Lead back = new Lead(second.offloads(), first, maxFrame);
        first.driverOffloads(first.offloads().and(there.taken()));
        second.driverOffloads(second.offloads().and(back.taken()));
        // Frames may come at once, so each end is asked what it does before either of them can send any.
        first.attach(there);
        second.attach(back);
        there.open();
        back.open();
        return new Cable(first, second);
    }

    /** Bytes before each frame of a network that does this. */
    static int headerSize(FeatureBits offloads) {
        return offloads.isEmpty() ? 0 : NetHeader.SIZE;
    }

    /** Parts and closes both networks. */
    @Override
    public void close() {
        first.close();
        second.close();
    }
}
