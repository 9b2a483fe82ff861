// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import dev.paravirt.backend.net.FramePool;
import dev.paravirt.backend.net.NetPort;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/** The way from a wire to its device: what is no frame ends here. For the wire's thread. */
final class Inlet {
    /** Most networks' frames; those of others, and segments that are not cut up yet, may have any length. */
    private static final int USUAL = 2048;

    private final NetPort port;
    private final WireTally tally;
    private final int header;
    private final FramePool usual = new FramePool(USUAL);
    private final FramePool longer;

    /** @param header bytes in front of each frame, for the device */
    Inlet(NetPort port, WireTally tally, int header) {
        this.port = port;
        this.tally = tally;
        this.header = header;
        this.longer = new FramePool(header + FrameBytes.LONGEST);
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
        ByteBuf frame = (bytes.remaining() <= USUAL ? usual : longer).take();
        port.receive(frame.writeBytes(bytes));
        return true;
    }
}
