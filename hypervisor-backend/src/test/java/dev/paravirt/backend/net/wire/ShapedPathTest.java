// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens to frames, by a clock that the test turns. */
class ShapedPathTest {
    private static final long MS = 1_000_000;
    private static final int COUNT = 20_000;

    private long now = 1_000_000;
    private final List<Integer> arrived = new ArrayList<>();
    private final List<Long> times = new ArrayList<>();
    private final List<ByteBuf> all = new ArrayList<>();

    private ShapedPath path(Shape shape, long seed) {
        arrived.clear();
        times.clear();
        return new ShapedPath(shape, seed, this::arrive, due -> {}, () -> now);
    }

    private boolean arrive(ByteBuf frame) {
        assertThat(frame.refCnt()).isEqualTo(1);
        arrived.add(frame.getInt(frame.readerIndex()));
        times.add(now);
        frame.release();
        return true;
    }

    private boolean pass(ShapedPath path, int number, int length) {
        ByteBuf frame = ByteBufAllocator.DEFAULT.buffer(length).writeInt(number).writeZero(length - 4);
        all.add(frame);
        return path.pass(frame);
    }

    /** Turns the clock to each time at which something is due, until nothing is. */
    private void run(ShapedPath path) {
        for (long next = path.forward(now); next - now < Duration.ofHours(1).toNanos(); next = path.forward(now)) {
            assertThat(next).isGreaterThan(now);
            now = next;
        }
    }

    @AfterEach
    void allAreReleased() {
        assertThat(all).allSatisfy(frame -> assertThat(frame.refCnt()).isZero());
    }

    private List<Integer> fate(Shape shape, long seed) {
        ShapedPath path = path(shape, seed);
        for (int i = 0; i < COUNT; i++) {
            pass(path, i, 60);
            path.forward(now);
            now += 10_000;
        }
        run(path);
        return List.copyOf(arrived);
    }

    @Test
    void losesAndDuplicatesByTheSeedAlone() {
        Shape shape = new Shape().loss(0.1).duplication(0.05);
        List<Integer> once = fate(shape, 7);
        assertThat(fate(shape, 7)).isEqualTo(once);
        assertThat(fate(shape, 8)).isNotEqualTo(once);
        long lost = COUNT - once.stream().distinct().count();
        long twice = once.size() - once.stream().distinct().count();
        assertThat(lost).isBetween(COUNT / 10 - 200L, COUNT / 10 + 200L);
        assertThat(twice).isBetween(COUNT / 20 - 150L, COUNT / 20 + 150L);
    }

    @Test
    void countsWhatItDid() {
        ShapedPath path = path(new Shape().loss(1), 1);
        assertThat(pass(path, 1, 60)).as("it went on its way").isTrue();
        assertThat(path.counters()).isEqualTo(new ShapeCounters(1, 1, 0, 0, 0));
        path = path(new Shape().duplication(1), 1);
        pass(path, 1, 60);
        assertThat(arrived).containsExactly(1, 1);
        assertThat(path.counters()).isEqualTo(new ShapeCounters(1, 0, 1, 0, 0));
    }

    @Test
    void delaysAndKeepsOrderDespiteJitter() {
        Shape shape = new Shape()
                .delay(Duration.ofMillis(50))
                .jitter(Duration.ofMillis(20))
                .limit(65536);
        ShapedPath path = path(shape, 3);
        long[] sent = new long[COUNT];
        for (int i = 0; i < COUNT; i++) {
            sent[i] = now;
            pass(path, i, 60);
            path.forward(now);
            now += 100_000;
        }
        run(path);
        assertThat(arrived)
                .containsExactlyElementsOf(IntStream.range(0, COUNT).boxed().toList());
        List<Long> delays =
                IntStream.range(0, COUNT).mapToObj(i -> times.get(i) - sent[i]).toList();
        assertThat(Collections.min(delays)).isBetween(30 * MS, 70 * MS);
        assertThat(Collections.max(delays)).isBetween(60 * MS, 71 * MS);
    }

    @Test
    void holdsSomeFramesBack() {
        List<Integer> result = fate(new Shape().reordering(0.1), 5);
        assertThat(result).hasSize(COUNT).doesNotHaveDuplicates();
        long late = IntStream.range(1, COUNT)
                .filter(i -> result.get(i) < result.get(i - 1))
                .count();
        assertThat(late).isPositive();
        assertThat(fate(new Shape().reordering(0.1), 5)).isEqualTo(result);
    }

    @Test
    void sendsNoFasterThanTheRate() {
        ShapedPath path = path(new Shape().rate(8_000_000), 1);
        long start = now;
        for (int i = 0; i < 100; i++) {
            assertThat(pass(path, i, 1000)).isTrue();
        }
        run(path);
        // A millisecond each.
        assertThat(times)
                .containsExactlyElementsOf(IntStream.rangeClosed(1, 100)
                        .mapToObj(i -> start + i * MS)
                        .toList());
        now += 500 * MS;
        pass(path, 100, 1000);
        run(path);
        assertThat(times.getLast()).as("an idle line saves nothing up").isEqualTo(start + 601 * MS);
    }

    @Test
    void dropsWhatIsTooMuch() {
        ShapedPath path = path(new Shape().rate(1000).limit(10), 1);
        for (int i = 0; i < 15; i++) {
            assertThat(pass(path, i, 60)).isEqualTo(i < 10);
        }
        assertThat(path.counters().overflowed()).isEqualTo(5);
        run(path);
        assertThat(arrived).hasSize(10);
        assertThat(pass(path, 20, 60)).isTrue();
        path.drop();
    }
}
