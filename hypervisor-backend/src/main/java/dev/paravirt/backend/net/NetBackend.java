// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.spec.FeatureBits;
import io.netty.buffer.ByteBuf;

/**
 * What the frames of one network device go to, and come from. A frame is an Ethernet frame without its check sequence;
 * where {@link #offloads} says so, behind a header that tells what is still to be done to it.
 *
 * <p>A frame is passed with the one reference that there is to it: whoever gets it may change its indices and releases
 * it, and nobody else touches it any more. That holds for frames that are dropped, too.
 */
public interface NetBackend extends AutoCloseable {
    /**
     * What the network behind this does to frames itself: feature bits of {@link dev.paravirt.spec.net.NetFeatures}, CSUM
     * and HOST_ ones for what it takes from the driver, GUEST_ ones for what it may give to it. Asked once, before
     * {@link #attach}.
     *
     * <p>If there are any, each frame in either direction begins with a {@link dev.paravirt.spec.net.NetHeader} of
     * {@link dev.paravirt.spec.net.NetHeader#SIZE} bytes (VIRTIO 1.4, "Network Device / Device Operation"), num_buffers
     * being 0 or 1 and without meaning. Those sent ask for nothing else than this; the header was checked against the
     * frame. If there are none, frames are finished in both directions, the device doing what is to be done.
     */
    default FeatureBits offloads() {
        return FeatureBits.NONE;
    }

    /**
     * What the driver takes at the moment: those of the GUEST_ bits of {@link #offloads} that it wants. Frames delivered
     * from now on should ask for nothing else; what asks for more is completed by the device at a price. Called after
     * each change, from negotiation, by control command, or by reset; one call at a time, from any thread.
     *
     * @param guest GUEST_CSUM, GUEST_TSO4, GUEST_TSO6, GUEST_ECN, GUEST_USO4, GUEST_USO6 or fewer
     */
    default void driverOffloads(FeatureBits guest) {}

    /** The device to which this belongs from now on. Called once, before any frame is sent. */
    void attach(NetPort port);

    /**
     * Takes a frame that the driver sent, or the device in its stead. From worker threads, for several queues perhaps from
     * two at once, and from whoever announces a station: never waits.
     *
     * @param frame readable from its reader index on; owned by this from now on, also if it is dropped
     * @return whether it went on its way; false counts as a drop
     */
    boolean send(ByteBuf frame);

    /** The device has ended: sends and delivers nothing any more. */
    @Override
    void close();

    /**
     * A network as one whose frames are finished in both directions, for a device that can do nothing to them.
     *
     * @param network belongs to what is returned, which may be the same; not attached to anything yet
     * @param mtu in bytes, without the Ethernet header, 68 to 65535: longer frames are lost
     */
    static NetBackend finished(NetBackend network, int mtu) {
        return network.offloads().isEmpty() ? network : new FinishedFrames(network, mtu);
    }

    /** A backend that takes every frame and has none, for measurements and tests. */
    static NetBackend discarding() {
        return new DiscardingBackend();
    }

    /**
     * A backend that takes every frame, and delivers one again and again whenever the driver has a buffer for it, for
     * measurements and tests. Workers that serve the device's receiveqs never sleep.
     *
     * @param frame 14 bytes or more, without check sequence
     */
    static NetBackend generating(byte[] frame) {
        return new GeneratingBackend(frame);
    }
}
