// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.ring;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** The wrap arithmetic against counters that never wrap. */
class RingIndexTest {
    /** Far from where a long wraps, and far beyond many laps of 16 bits. */
    private static final long MANY = 1L << 40;

    @Property
    void distanceAndAdvanceAgreeWithEndlessCounters(
            @ForAll @LongRange(max = MANY) long from, @ForAll @IntRange(max = 65535) int steps) {
        int index = (int) (from % 65536);
        int then = (int) ((from + steps) % 65536);
        assertThat(RingIndex.advance(index, steps)).isEqualTo(then);
        assertThat(RingIndex.distance(index, then)).isEqualTo(steps);
        assertThat(RingIndex.wrap(index + steps)).isEqualTo(then);
        assertThat(RingIndex.wrap(then - steps)).isEqualTo(index);
    }

    @Property
    void slotIsTheRemainder(@ForAll @IntRange(max = 65535) int index, @ForAll @IntRange(max = 15) int log2) {
        assertThat(RingIndex.slot(index, 1 << log2)).isEqualTo(index % (1 << log2));
    }

    @Property
    void needEventIffTheEntryWasPassed(
            @ForAll @LongRange(max = MANY) long from,
            @ForAll @IntRange(max = 65535) int steps,
            @ForAll @IntRange(max = 65535) int event) {
        boolean passed = false;
        for (long entry = from; entry < from + steps; entry++) {
            passed |= entry % 65536 == event;
        }
        assertThat(RingIndex.needEvent(event, (int) ((from + steps) % 65536), (int) (from % 65536)))
                .isEqualTo(passed);
    }

    @Test
    void needEventForEveryEventAndEveryIndexWithShortSteps() {
        for (int old = 0; old < 65536; old++) {
            for (int steps = 0; steps <= 4; steps++) {
                int now = (old + steps) % 65536;
                for (int event = old - 3; event <= old + 7; event++) {
                    boolean passed = event >= old && event < old + steps;
                    if (RingIndex.needEvent(event & 0xffff, now, old) != passed) {
                        throw new AssertionError("event " + event + ", old " + old + ", new " + now);
                    }
                }
            }
        }
    }

    @Test
    void positionsOfSmallRingsStepAsTheDriverOfTheTextDoes() {
        for (int size = 1; size <= 9; size++) {
            int offset = 0;
            boolean wrap = true;
            int position = RingIndex.FIRST_POSITION;
            for (int step = 0; step < 5 * size; step++) {
                assertThat(RingIndex.offset(position)).isEqualTo(offset);
                assertThat(RingIndex.wrapCounter(position)).isEqualTo(wrap);
                assertThat(RingIndex.position(offset, wrap)).isEqualTo(position);
                if (++offset >= size) {
                    offset = 0;
                    wrap = !wrap;
                }
                position = RingIndex.advancePosition(position, 1, size);
            }
        }
    }

    @Test
    void everyPositionCountAndEventOfSmallRings() {
        for (int size = 1; size <= 9; size++) {
            for (int start = 0; start < 2 * size; start++) {
                for (int count = 0; count <= size; count++) {
                    checkAdvance(start, count, size);
                }
            }
        }
    }

    private static void checkAdvance(int start, int count, int size) {
        int from = positionOf(start, size);
        int to = RingIndex.advancePosition(from, count, size);
        assertThat(to).isEqualTo(positionOf(start + count, size));
        assertThat(RingIndex.positionDistance(from, to, size)).isEqualTo(count);
        for (int event = 0; event < 2 * size; event++) {
            boolean passed = false;
            for (int step = start; step < start + count; step++) {
                passed |= step % (2 * size) == event;
            }
            assertThat(RingIndex.needEventPacked(positionOf(event, size), to, count, size))
                    .as("size %d, from %d, count %d, event %d", size, start, count, event)
                    .isEqualTo(passed);
        }
    }

    @Property
    void packedRingsOfAnySize(
            @ForAll @IntRange(min = 1, max = 32768) int size,
            @ForAll @IntRange(max = 65535) int startSeed,
            @ForAll @IntRange(max = 32768) int countSeed,
            @ForAll @IntRange(max = 65535) int eventSeed) {
        int start = startSeed % (2 * size);
        int count = countSeed % (size + 1);
        int event = eventSeed % (2 * size);
        int from = positionOf(start, size);
        int to = RingIndex.advancePosition(from, count, size);
        assertThat(to).isEqualTo(positionOf(start + count, size));
        assertThat(RingIndex.positionDistance(from, to, size)).isEqualTo(count);
        boolean passed = (event >= start && event < start + count) || event + 2 * size < start + count;
        assertThat(RingIndex.needEventPacked(positionOf(event, size), to, count, size))
                .isEqualTo(passed);
    }

    @Property
    void eventsPastTheEndOfTheRingAreNeverPassed(
            @ForAll @IntRange(min = 1, max = 32767) int size,
            @ForAll @IntRange(max = 32767) int excess,
            @ForAll boolean wrap,
            @ForAll boolean newWrap) {
        int event = RingIndex.position(Math.min(size + excess, 32767), wrap);
        assertThat(RingIndex.needEventPacked(event, RingIndex.position(size - 1, newWrap), size, size))
                .isFalse();
    }

    @Property
    void notificationDataHoldsWhatWasPut(
            @ForAll @IntRange(max = 65535) int queue, @ForAll @IntRange(max = 65535) int next) {
        for (int data : new int[] {NotificationData.split(queue, next), NotificationData.packed(queue, next)}) {
            assertThat(NotificationData.queueIndex(data)).isEqualTo(queue);
            assertThat(NotificationData.next(data)).isEqualTo(next);
            assertThat(NotificationData.nextOffset(data)).isEqualTo(next % 32768);
            assertThat(NotificationData.nextWrap(data)).isEqualTo(next >= 32768);
        }
    }

    @Test
    void notificationDataIsLaidOutAsTheTextSays() {
        assertThat(NotificationData.packed(3, RingIndex.position(5, true))).isEqualTo(3 | 5 << 16 | 1 << 31);
        assertThat(NotificationData.split(7, 0x8001)).isEqualTo(0x8001_0007);
    }

    /** The position after so many steps from where a ring starts. */
    private static int positionOf(int steps, int size) {
        return steps % size | (steps / size % 2 == 0 ? 0x8000 : 0);
    }
}
