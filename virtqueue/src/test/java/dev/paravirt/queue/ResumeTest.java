// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.memory.DirtyLog;
import dev.paravirt.queue.traffic.Dice;
import dev.paravirt.queue.traffic.QueuePair;
import dev.paravirt.spec.ring.SplitLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A queue that one device leaves and another goes on with, while its driver knows nothing of that. */
class ResumeTest {
    private static final int SIZE = 4;
    private static final int BUFFER = 64;

    static List<VirtqueueFormat> formats() {
        return QueuePair.mainFormats();
    }

    private static DeviceVirtqueue resume(QueuePair pair, int position) {
        DriverVirtqueue driver = pair.driver();
        return DeviceVirtqueue.resume(
                pair.memory(),
                driver.size(),
                pair.format(),
                driver.descriptorArea(),
                driver.driverArea(),
                driver.deviceArea(),
                position,
                null,
                null);
    }

    /** Devices come and go in the middle of random traffic: every buffer is used once, and in the right ring. */
    @ParameterizedTest
    @MethodSource("formats")
    void everyBufferIsUsedOnceWhoeverServes(VirtqueueFormat format) {
        Dice dice = new Dice(format.hashCode());
        try (QueuePair pair = new QueuePair(format, SIZE, 0, SIZE * BUFFER)) {
            DriverVirtqueue driver = pair.driver();
            DeviceVirtqueue device = pair.device();
            List<DescriptorChain> taken = new ArrayList<>();
            int added = 0;
            int used = 0;
            for (int step = 0; step < 5000; step++) {
                switch (dice.between(0, 4)) {
                    case 0, 1 -> {
                        long address = pair.buffers().address() + (long) (added % SIZE) * BUFFER;
                        if (driver.addWritable(address, BUFFER, added)) {
                            added++;
                            driver.publish();
                        }
                    }
                    case 2 -> {
                        DescriptorChain chain = device.poll();
                        if (chain != null) {
                            taken.add(chain);
                        }
                    }
                    case 3 -> {
                        if (!taken.isEmpty()) {
                            device.push(taken.remove(0), 1);
                            device.publish();
                        }
                    }
                    default -> {
                        // What was taken last goes back as if it had not been; the order does not matter.
                        Collections.reverse(taken);
                        int position = device.stop(taken);
                        assertThat(device.outstanding()).isZero();
                        taken.clear();
                        device = resume(pair, position);
                    }
                }
                used += drain(driver, used);
            }
            assertThat(used).isGreaterThan(200);
        }
    }

    /** Tokens come back in the order in which they were given: each device here serves in order. */
    private static int drain(DriverVirtqueue driver, int next) {
        int count = 0;
        for (int token = driver.poll(); token != DriverVirtqueue.NONE; token = driver.poll()) {
            assertThat(token).isEqualTo(next + count++);
            assertThat(driver.usedLength()).isEqualTo(1);
        }
        return count;
    }

    /** The one before was killed, and whoever has its position from the beginning knows no better. */
    @ParameterizedTest
    @ValueSource(ints = {0, SIZE - 1, 3 * SIZE + 1})
    void whoeverUsesBuffersInOrderFindsTheNextBehindTheLastUsed(int used) {
        VirtqueueFormat split = new VirtqueueFormat(false, false, false, false, false);
        try (QueuePair pair = new QueuePair(split, SIZE, 0, SIZE * BUFFER)) {
            DriverVirtqueue driver = pair.driver();
            DeviceVirtqueue killed = pair.device();
            for (int token = 0; token < used; token++) {
                add(pair, token % SIZE);
                killed.push(requireNonNull(killed.poll()), 1);
                killed.publish();
                assertThat(driver.poll()).isEqualTo(token % SIZE);
            }
            add(pair, 1);
            add(pair, 2);
            requireNonNull(killed.poll());
            DeviceVirtqueue next = resume(pair, 0);
            next.goOnBehindUsed();
            for (int token = 1; token <= 2; token++) {
                next.push(requireNonNull(next.poll()), 7);
                next.publish();
                assertThat(driver.poll()).isEqualTo(token);
                assertThat(driver.usedLength()).isEqualTo(7);
            }
            assertThat(next.poll()).isNull();
        }
    }

    /** A driver may have left anything in a used ring that it never had a device for. */
    @Test
    void aUsedRingOfNobodysIsNotBelieved() {
        VirtqueueFormat split = new VirtqueueFormat(false, false, false, false, false);
        try (QueuePair pair = new QueuePair(split, SIZE, 0, SIZE * BUFFER)) {
            long usedIndex = pair.driver().deviceArea() + SplitLayout.USED_IDX;
            pair.rings().putShort((int) (usedIndex - pair.rings().address()), (short) 1234);
            add(pair, 3);
            DeviceVirtqueue next = resume(pair, 0);
            next.goOnBehindUsed();
            assertThat(requireNonNull(next.poll()).writableLength()).isEqualTo(BUFFER);
        }
    }

    /** Behind a buffer that was not worked on lies one that was used: the first cannot be taken back any more. */
    @ParameterizedTest
    @MethodSource("formats")
    void aBufferBehindWhichAnotherWasUsedIsPushed(VirtqueueFormat format) {
        try (QueuePair pair = new QueuePair(format, SIZE, 0, SIZE * BUFFER)) {
            DriverVirtqueue driver = pair.driver();
            DeviceVirtqueue device = pair.device();
            for (int i = 0; i < 3; i++) {
                assertThat(driver.addWritable(pair.buffers().address() + (long) i * BUFFER, BUFFER, i))
                        .isTrue();
            }
            driver.publish();
            DescriptorChain first = requireNonNull(device.poll());
            DescriptorChain second = requireNonNull(device.poll());
            DescriptorChain third = requireNonNull(device.poll());
            device.push(second, 7);
            int position = device.stop(List.of(first, third));
            List<Integer> tokens = new ArrayList<>();
            for (int token = driver.poll(); token != DriverVirtqueue.NONE; token = driver.poll()) {
                assertThat(driver.usedLength()).isEqualTo(token == 1 ? 7 : 0);
                tokens.add(token);
            }
            assertThat(tokens).containsExactlyInAnyOrder(0, 1);
            DeviceVirtqueue next = resume(pair, position);
            next.push(requireNonNull(next.poll()), 5);
            next.publish();
            assertThat(driver.poll()).isEqualTo(2);
            assertThat(driver.usedLength()).isEqualTo(5);
        }
    }

    /** Whatever the one before had asked for. */
    @ParameterizedTest
    @MethodSource("formats")
    void whoeverGoesOnIsNotifiedUntilItSaysOtherwise(VirtqueueFormat format) {
        for (boolean before : new boolean[] {false, true}) {
            try (QueuePair pair = new QueuePair(format, SIZE, 0, SIZE * BUFFER)) {
                if (before) {
                    pair.device().enableAvailableNotifications();
                } else {
                    pair.device().disableAvailableNotifications();
                }
                DeviceVirtqueue next = resume(pair, pair.device().stop(List.of()));
                assertThat(next.enableAvailableNotifications()).isTrue();
                assertThat(add(pair, 0)).as("enabled").isTrue();
                requireNonNull(next.poll());
                next.disableAvailableNotifications();
                assertThat(add(pair, 1)).as("disabled").isFalse();
            }
        }
    }

    /** Notifications are on for one that has only just come, which can say that it needs none. */
    @ParameterizedTest
    @MethodSource("formats")
    void whoeverGoesOnCanDoWithoutNotifications(VirtqueueFormat format) {
        try (QueuePair pair = new QueuePair(format, SIZE, 0, SIZE * BUFFER)) {
            DeviceVirtqueue next = resume(pair, pair.device().stop(List.of()));
            add(pair, 0);
            requireNonNull(next.poll());
            next.disableAvailableNotifications();
            assertThat(add(pair, 1)).isFalse();
        }
    }

    private static boolean add(QueuePair pair, int token) {
        long address = pair.buffers().address() + (long) token * BUFFER;
        assertThat(pair.driver().addWritable(address, BUFFER, token)).isTrue();
        return pair.driver().publish();
    }

    @Test
    void aPositionOutsideOfAPackedRingIsRefused() {
        VirtqueueFormat packed = new VirtqueueFormat(true, false, false, false, false);
        try (QueuePair pair = new QueuePair(packed, SIZE, 0, BUFFER)) {
            assertThatThrownBy(() -> resume(pair, SIZE))
                    .isInstanceOf(VirtqueueException.class)
                    .hasMessageContaining("no position");
        }
    }

    @Test
    void aLogHasABitForEachPage() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bitmap = arena.allocate(16, 8);
            DirtyLog log = new DirtyLog(bitmap);
            log.mark(4096, 0);
            assertThat(bitmap.get(ValueLayout.JAVA_LONG, 0)).isZero();
            log.mark(4095, 2);
            assertThat(bitmap.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(3);
            log.mark(31 * 4096, 2 * 4096);
            assertThat(bitmap.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(3 | 3L << 31);
            // Beyond its end there is nothing to mark, and nothing breaks.
            log.mark(127 * 4096, 1L << 40);
            log.mark(Long.MAX_VALUE - 1, 1);
            assertThat(bitmap.get(ValueLayout.JAVA_LONG, 8)).isEqualTo(1L << 63);
        }
    }
}
