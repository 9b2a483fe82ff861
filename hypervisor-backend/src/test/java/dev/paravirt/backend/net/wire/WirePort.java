// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A device as a wire sees it: keeps what it is given, and checks that frames are given with one reference. */
final class WirePort implements NetPort {
    static final long PATIENCE_SECONDS = 20;

    private final BlockingQueue<byte[]> frames = new LinkedBlockingQueue<>();
    private final BlockingQueue<Boolean> links = new LinkedBlockingQueue<>();

    /** All frames that were given to a backend by {@link #send}. */
    private final List<ByteBuf> sent = new ArrayList<>();

    @Override
    public boolean receive(ByteBuf frame) {
        int references = frame.refCnt();
        byte[] bytes = new byte[frame.readableBytes()];
        frame.readBytes(bytes);
        frame.release();
        frames.add(references == 1 ? bytes : new byte[0]);
        return true;
    }

    @Override
    public void linkUp(boolean up) {
        links.add(up);
    }

    /** The next frame that came. */
    byte[] take() throws InterruptedException {
        byte[] frame = frames.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(frame).as("a frame comes").isNotNull();
        return frame;
    }

    /** A frame that has come already, or null. */
    byte @Nullable [] poll() {
        return frames.poll();
    }

    /** Waits until the link has become this. */
    void awaitLink(boolean up) throws InterruptedException {
        Boolean now = null;
        while (now == null || now != up) {
            now = links.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(now).as("the link changes to %s", up ? "up" : "down").isNotNull();
        }
    }

    /** Sends a copy, in memory on the heap or off it in turn, and remembers it for {@link #assertAllReleased}. */
    boolean send(NetBackend backend, byte[] frame) {
        ByteBuf buffer = (sent.size() & 1) == 0
                ? ByteBufAllocator.DEFAULT.directBuffer(frame.length + 10)
                : ByteBufAllocator.DEFAULT.heapBuffer(frame.length + 10);
        // Not from the start, as where a header was taken off.
        buffer.writeZero(10).skipBytes(10).writeBytes(frame);
        sent.add(buffer);
        return backend.send(buffer);
    }

    /** Each frame that was sent was released once: a second time would have thrown. */
    void assertAllReleased() {
        assertThat(sent).allSatisfy(frame -> assertThat(frame.refCnt()).isZero());
    }

    /** A frame whose content follows from a number. */
    static byte[] frame(int length, int seed) {
        byte[] frame = new byte[length];
        new Random(seed).nextBytes(frame);
        return frame;
    }
}
