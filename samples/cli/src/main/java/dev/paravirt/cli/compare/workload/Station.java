// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import java.io.IOException;

/** A network card as those see it who send and receive frames of a {@link FrameWriter}. */
interface Station {
    /** Sends a frame, or leaves it to {@link #flush}; waits until there is room for it. */
    void send(byte[] frame, int length) throws IOException;

    /** What was sent is on its way. */
    void flush() throws IOException;

    /** Whether a frame is at hand, as far as can be told for nothing. */
    boolean hasReceived();

    /** Waits for a frame and copies it; throws if none comes. Returns its length. */
    int receive(byte[] frame) throws IOException;
}
