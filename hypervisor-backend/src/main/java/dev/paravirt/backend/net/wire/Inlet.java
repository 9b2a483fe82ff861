// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import dev.paravirt.backend.net.NetPort;
import java.nio.ByteBuffer;

/** The way from a wire to its device: what is no frame ends here. For the wire's thread. */
final class Inlet {
    private final NetPort port;
    private final WireTally tally;
    private final int header;

    /** @param header bytes in front of each frame, for the device */
    Inlet(NetPort port, WireTally tally, int header) {
        this.port = port;
        this.tally = tally;
        this.header = header;
    }

    /** Whether so many bytes can be a frame with what stands before it. */
    boolean fits(int length) {
        return length >= header + FrameBytes.SHORTEST && length <= header + FrameBytes.LONGEST;
    }

    /**
     * Delivers a copy of what remains in a buffer.
     *
     * @return false if that was no frame
     */
    boolean deliver(ByteBuffer bytes) {
        if (!fits(bytes.remaining())) {
            tally.malformed.increment();
            return false;
        }
        tally.received.increment();
        port.receive(FrameBytes.copyOf(bytes));
        return true;
    }
}
