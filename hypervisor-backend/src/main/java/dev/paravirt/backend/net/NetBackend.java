// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;

/**
 * What the frames of one network device go to, and come from. A frame is an Ethernet frame without its check sequence.
 *
 * <p>A frame is passed with the one reference that there is to it: whoever gets it may change its indices and releases
 * it, and nobody else touches it any more. That holds for frames that are dropped, too.
 */
public interface NetBackend extends AutoCloseable {
    /** The device to which this belongs from now on. Called once, before any frame is sent. */
    void attach(NetPort port);

    /**
     * Takes a frame that the driver sent. From worker threads, for several queues perhaps from two at once: never waits.
     *
     * @param frame readable from its reader index on; owned by this from now on, also if it is dropped
     * @return whether it went on its way; false counts as a drop
     */
    boolean send(ByteBuf frame);

    /** The device has ended: sends and delivers nothing any more. */
    @Override
    void close();

    /** A backend that takes every frame and has none, for measurements and tests. */
    static NetBackend discarding() {
        return new DiscardingBackend();
    }
}
