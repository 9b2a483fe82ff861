// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** Decides which receiveq a frame goes to. For any thread. */
abstract class ReceiveSteering {
    /** All to the first, as after reset. */
    static final ReceiveSteering FIRST = new ReceiveSteering() {
        @Override
        int pair(ByteBuf frame, int start, int length) {
            return 0;
        }

        @Override
        boolean uses(int pair) {
            return pair == 0;
        }

        @Override
        void save(DataOutput state) throws IOException {
            state.writeInt(1);
        }
    };

    /** Automatic, among so many pairs, 0 or more. */
    static ReceiveSteering among(int pairs) {
        return pairs > 1 ? new AutomaticSteering(pairs) : FIRST;
    }

    /**
     * The pair for a frame, counted from 0.
     *
     * @param start index of the frame in the buffer
     * @param length of the frame, any
     */
    abstract int pair(ByteBuf frame, int start, int length);

    /** Whether the queue of a pair may get frames at all. */
    abstract boolean uses(int pair);

    /** Writes what a driver commanded, not what was learnt: that is learnt again. */
    abstract void save(DataOutput state) throws IOException;

    /** @param pairs that there are; 1 or more */
    static ReceiveSteering load(DataInput state, int pairs) throws IOException {
        int used = state.readInt();
        if (used < 0 || used > pairs) {
            throw new IOException(used + " queue pairs are in use, and here are " + pairs);
        }
        return used == ReceiveSideScaling.SCALING ? ReceiveSideScaling.loadRest(state, pairs) : among(used);
    }

    /** Whether a frame may go to another queue when its own is being reset. */
    boolean isFlexible() {
        return false;
    }

    /** Learns from a frame that was sent through the transmitq of a pair. */
    void sent(ByteBuf frame, int start, int length, int pair) {}
}
