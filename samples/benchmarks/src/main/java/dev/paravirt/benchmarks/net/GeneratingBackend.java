// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;
import org.jspecify.annotations.Nullable;

/** A network that sends frames as fast as the device takes them, on its worker, and takes none. */
final class GeneratingBackend implements NetBackend {
    private static final int FRAMES = 128;
    private static final int BATCH = 64;

    private final byte[] content;
    private final Frame[] frames = new Frame[FRAMES];
    private int next;
    private @Nullable NetPort port;

    /** A buffer that is used again when the device has released it, which happens in order. */
    private static final class Frame extends UnpooledHeapByteBuf {
        private boolean free = true;

        Frame(int size) {
            super(UnpooledByteBufAllocator.DEFAULT, size, size);
        }

        void reuse(byte[] content) {
            free = false;
            resetRefCnt();
            clear();
            writeBytes(content);
        }

        @Override
        protected void deallocate() {
            free = true;
        }
    }

    GeneratingBackend(byte[] content) {
        this.content = content;
        for (int i = 0; i < FRAMES; i++) {
            frames[i] = new Frame(content.length);
        }
    }

    @Override
    public void attach(NetPort attached) {
        port = attached;
    }

    @Override
    public boolean poll() {
        NetPort to = port;
        int count = 0;
        while (to != null && count < BATCH && frames[next].free) {
            frames[next].reuse(content);
            to.receive(frames[next]);
            next = (next + 1) % FRAMES;
            count++;
        }
        return count > 0;
    }

    @Override
    public boolean send(ByteBuf frame) {
        frame.release();
        return true;
    }

    @Override
    public void close() {}
}
