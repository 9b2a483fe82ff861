// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;
import java.lang.invoke.VarHandle;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Buffers on the heap, all of one size, that one thread takes and any thread releases. Netty's own pool keeps what its
 * buffers are made of, but makes a new buffer object for each frame unless the thread that takes and the one that
 * releases are of its own kind; and its price is that of any size.
 *
 * <p>What is released is kept, up to a number; when nothing is left there is a new buffer. So how many frames are under
 * way is the business of the queues that they wait in, and what they do not give back is the garbage collector's.
 */
public final class FramePool {
    /** Bytes that a pool keeps at most. */
    private static final int KEPT_BYTES = 4 << 20;

    private static final int MIN_KEPT = 64;
    private static final int MAX_KEPT = 2048;

    private final int frameSize;

    /** Released by the thread that takes them: its own, like the number. */
    private final @Nullable Frame[] own;

    private int ownCount;

    /** Released by others. */
    private final MpscVarHandleArrayQueue<Frame> returned;

    /** The thread that takes buffers. Others may read an old value, which is never they. */
    private @Nullable Thread owner;

    /** @param frameSize bytes of each buffer */
    public FramePool(int frameSize) {
        int kept = Math.clamp(KEPT_BYTES / frameSize, MIN_KEPT, MAX_KEPT);
        this.frameSize = frameSize;
        this.own = new @Nullable Frame[kept];
        this.returned = new MpscVarHandleArrayQueue<>(kept);
    }

    /** An empty buffer with one reference, whose content is whatever it was. Always by the same thread. */
    public ByteBuf take() {
        owner = Thread.currentThread();
        Frame frame = ownCount > 0 ? own[--ownCount] : returned.relaxedPoll();
        if (frame == null) {
            return new Frame(this, frameSize);
        }
        frame.reuse();
        return frame;
    }

    private void giveBack(Frame frame) {
        if (Thread.currentThread() != owner) {
            // There is no room for a frame more than was ever under way at once: then it is left to the collector.
            returned.relaxedOffer(frame);
        } else if (ownCount < own.length) {
            own[ownCount++] = frame;
        }
    }

    /** A buffer that goes back to its pool instead of being freed. */
    private static final class Frame extends UnpooledHeapByteBuf {
        private final FramePool pool;
        private final int size;

        private Frame(FramePool pool, int size) {
            super(UnpooledByteBufAllocator.DEFAULT, size, size);
            this.pool = pool;
            this.size = size;
        }

        private void reuse() {
            resetRefCnt();
            clear();
        }

        /**
         * {@inheritDoc}
         *
         * <p>Whoever has the only reference is alone with it: nothing needs to be atomic then, which would wait for all that
         * was written before.
         */
        @Override
        public boolean release() {
            if (refCnt() != 1) {
                return super.release();
            }
            // What others wrote before they released theirs is visible from here on.
            VarHandle.acquireFence();
            setRefCnt(0);
            deallocate();
            return true;
        }

        @Override
        protected void deallocate() {
            // Whoever shrank it had a copy made of the array.
            if (capacity() == size) {
                pool.giveBack(this);
            }
        }
    }
}
