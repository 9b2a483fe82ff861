// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** A network that leaves work on frames to others, for a device that knows nothing of that: all is done in between. */
final class FinishedFrames implements NetBackend {
    private final NetBackend network;
    private final int mtu;
    private final Far far = new Far();
    private @Nullable Cable cable;

    FinishedFrames(NetBackend network, int mtu) {
        this.network = network;
        this.mtu = mtu;
    }

    /** The device, as the network sees it through the cable: a network with one station. */
    private static final class Far implements NetBackend {
        private volatile @Nullable NetPort device;
        private volatile @Nullable NetPort wire;

        @Override
        public void attach(NetPort port) {
            wire = port;
        }

        @Override
        public boolean send(ByteBuf frame) {
            return pass(frame, device);
        }

        static boolean pass(ByteBuf frame, @Nullable NetPort to) {
            if (to == null) {
                frame.release();
                return false;
            }
            return to.receive(frame);
        }

        @Override
        public void close() {
            device = null;
        }
    }

    @Override
    public void attach(NetPort port) {
        far.device = port;
        cable = Cable.join(network, far, mtu);
    }

    @Override
    public boolean send(ByteBuf frame) {
        return Far.pass(frame, far.wire);
    }

    @Override
    public void close() {
        Cable joined = cable;
        if (joined == null) {
            network.close();
        } else {
            joined.close();
        }
    }
}
