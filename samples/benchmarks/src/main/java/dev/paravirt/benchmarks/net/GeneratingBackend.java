// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;
import org.jspecify.annotations.Nullable;

/** A network that sends frames as fast as the device takes them, from a thread of its own, and takes none. */
final class GeneratingBackend implements NetBackend {
    private static final int FRAMES = 1024;

    private final byte[] content;
    private final Frame[] frames = new Frame[FRAMES];
    private @Nullable Thread generator;
    private volatile boolean closed;

    /** A buffer that is used again when the device has released it, which happens in order. */
    private static final class Frame extends UnpooledHeapByteBuf {
        private volatile boolean free = true;

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
    public void attach(NetPort port) {
        generator = Thread.ofPlatform().daemon().name("generator").start(() -> generate(port));
    }

    private void generate(NetPort port) {
        int next = 0;
        while (!closed) {
            Frame frame = frames[next];
            if (frame.free) {
                frame.reuse(content);
                port.receive(frame);
                next = (next + 1) % FRAMES;
            } else {
                Thread.yield();
            }
        }
    }

    @Override
    public boolean send(ByteBuf frame) {
        frame.release();
        return true;
    }

    @Override
    public void close() {
        closed = true;
        Thread running = generator;
        try {
            if (running != null) {
                running.join();
            }
        } catch (InterruptedException early) {
            Thread.currentThread().interrupt();
        }
    }
}
