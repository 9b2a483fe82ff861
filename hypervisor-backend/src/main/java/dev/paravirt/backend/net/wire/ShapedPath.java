// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import io.netty.buffer.ByteBuf;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;

/**
 * One direction of a {@link ShapedBackend}. What happens to a frame follows from the seed and from how many frames came
 * before it, so it is the same again whatever the threads do. Frames come from any thread; one thread forwards.
 */
final class ShapedPath {
    static final long HELD_BACK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    /** What {@link #forward} returns when nothing is under way: far from now, but not so far that sums overflow. */
    private static final long NEVER_NANOS = TimeUnit.DAYS.toNanos(1);

    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

    // Which chance of a frame: one independent number each.
    private static final int LOSS = 0;
    private static final int DUPLICATION = 1;
    private static final int REORDERING = 2;
    private static final int JITTER = 3;
    private static final int CHANCES = 4;

    private final Shape shape;
    private final long seed;
    private final Predicate<ByteBuf> target;
    private final LongConsumer wake;
    private final LongSupplier clock;
    private final boolean instant;
    private final AtomicLong count = new AtomicLong();
    private final AtomicInteger underWay = new AtomicInteger();

    /** When the last frame has left, or will have, where the rate is limited. */
    private final AtomicLong lineFree;

    /** When the last frame that kept its place arrives. */
    private final AtomicLong lastDue;

    private final LongAdder lost = new LongAdder();
    private final LongAdder duplicated = new LongAdder();
    private final LongAdder reordered = new LongAdder();
    private final LongAdder overflowed = new LongAdder();

    private final MpscVarHandleArrayQueue<Delayed> arriving;

    /** The forwarding thread's own. */
    private final PriorityQueue<Delayed> delayed = new PriorityQueue<>();

    private record Delayed(ByteBuf frame, long due, long order) implements Comparable<Delayed> {
        @Override
        public int compareTo(Delayed other) {
            long earlier = due - other.due;
            return Long.signum(earlier != 0 ? earlier : order - other.order);
        }
    }

    /** @param wake told when a frame is due that was put under way */
    ShapedPath(Shape shape, long seed, Predicate<ByteBuf> target, LongConsumer wake) {
        this(shape, seed, target, wake, System::nanoTime);
    }

    ShapedPath(Shape shape, long seed, Predicate<ByteBuf> target, LongConsumer wake, LongSupplier clock) {
        this.shape = shape;
        this.seed = seed;
        this.target = target;
        this.wake = wake;
        this.clock = clock;
        this.instant = shape.delayNanos() == 0
                && shape.jitterNanos() == 0
                && shape.bitsPerSecond() == 0
                && shape.reordering() == 0;
        this.arriving = new MpscVarHandleArrayQueue<>(Math.max(2, shape.limit()));
        this.lineFree = new AtomicLong(clock.getAsLong());
        this.lastDue = new AtomicLong(clock.getAsLong());
    }

    /** Takes a frame. Returns false if too many are under way. */
    boolean pass(ByteBuf frame) {
        long number = count.getAndIncrement();
        if (happens(number, LOSS, shape.loss())) {
            lost.increment();
            frame.release();
            return true;
        }
        if (happens(number, DUPLICATION, shape.duplication())) {
            duplicated.increment();
            dispatch(FrameBytes.copyOf(frame), number);
        }
        return dispatch(frame, number);
    }

    private boolean dispatch(ByteBuf frame, long number) {
        if (instant) {
            return target.test(frame);
        }
        if (underWay.incrementAndGet() > shape.limit()) {
            return overflow(frame);
        }
        long due = due(number, frame.readableBytes());
        if (!arriving.offer(new Delayed(frame, due, number))) {
            return overflow(frame);
        }
        wake.accept(due);
        return true;
    }

    private boolean overflow(ByteBuf frame) {
        underWay.decrementAndGet();
        overflowed.increment();
        frame.release();
        return false;
    }

    private long due(long number, int length) {
        long due = departure(length) + shape.delayNanos();
        if (shape.jitterNanos() > 0) {
            due += (long) ((2 * chance(number, JITTER) - 1) * shape.jitterNanos());
        }
        if (happens(number, REORDERING, shape.reordering())) {
            reordered.increment();
            return due + HELD_BACK_NANOS;
        }
        long wanted = due;
        return lastDue.accumulateAndGet(wanted, (last, mine) -> mine - last > 0 ? mine : last);
    }

    /** When the last bit of a frame has left. */
    private long departure(int length) {
        long now = clock.getAsLong();
        if (shape.bitsPerSecond() == 0) {
            return now;
        }
        long nanos = (long) length * Byte.SIZE * SECOND_NANOS / shape.bitsPerSecond();
        return lineFree.accumulateAndGet(nanos, (free, mine) -> (free - now > 0 ? free : now) + mine);
    }

    private boolean happens(long number, int which, double probability) {
        return probability > 0 && chance(number, which) < probability;
    }

    /** A number in [0, 1) that follows from the seed, the frame and the question: SplitMix64's function of a counter. */
    private double chance(long number, int which) {
        long z = seed * 0xd6e8_feb8_6659_fd93L + (number * CHANCES + which) * 0x9e37_79b9_7f4a_7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d0_49bb_1331_11ebL;
        return ((z ^ (z >>> 31)) >>> 11) * 0x1.0p-53;
    }

    // The forwarding thread.

    /** Whether frames came since {@link #forward}. */
    boolean hasNews() {
        return !arriving.isEmpty();
    }

    /** Passes on what is due; returns when the next is. */
    long forward(long now) {
        Delayed next = arriving.poll();
        while (next != null) {
            delayed.add(next);
            next = arriving.poll();
        }
        next = delayed.peek();
        while (next != null && next.due - now <= 0) {
            delayed.remove();
            underWay.decrementAndGet();
            // Whose counters tell what it refuses: the sender does not wait for that any more.
            boolean _ = target.test(next.frame);
            next = delayed.peek();
        }
        return next == null ? now + NEVER_NANOS : next.due;
    }

    /** Releases what is under way. By the forwarding thread, or when that has ended. */
    void drop() {
        Delayed next = arriving.poll();
        while (next != null) {
            delayed.add(next);
            next = arriving.poll();
        }
        delayed.forEach(left -> left.frame.release());
        underWay.addAndGet(-delayed.size());
        delayed.clear();
    }

    ShapeCounters counters() {
        return new ShapeCounters(count.get(), lost.sum(), duplicated.sum(), reordered.sum(), overflowed.sum());
    }
}
