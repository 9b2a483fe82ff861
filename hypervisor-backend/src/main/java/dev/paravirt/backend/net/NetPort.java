// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;

/** A network device as its {@link NetBackend} sees it. For any thread; no method waits or throws. */
public interface NetPort {
    /**
     * Delivers a frame to the driver, unless the receive filter is against it or there is no room.
     *
     * @param frame readable from its reader index on, with a header before it if the backend has
     *     {@link NetBackend#offloads}; owned by the device from now on, also if it is dropped
     * @return false if it was dropped at once; true if it was handed on, after which it may still be dropped
     */
    boolean receive(ByteBuf frame);

    /** Says whether there is a network at the other end: the link goes up or down, and the driver is told. */
    void linkUp(boolean up);
}
