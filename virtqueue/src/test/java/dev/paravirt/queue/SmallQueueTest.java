// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.queue.ModelledQueue.Operation;
import dev.paravirt.queue.traffic.Dice;
import dev.paravirt.queue.traffic.QueuePair;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Queues of up to four descriptors, whose every short history is tried from every place in the ring. */
@Timeout(3600)
class SmallQueueTest {
    private static final boolean THOROUGH = Boolean.getBoolean("paravirt.thorough");
    private static final int DEPTH = THOROUGH ? 7 : 5;
    private static final int WRAPS = THOROUGH ? 200 : 4;
    private static final int LARGEST = 4;

    /** What came before, so that short histories get far: nothing; all that fits with the device; one of each. */
    private static final List<List<Operation>> PASTS = List.of(
            List.of(),
            List.of(
                    Operation.ADD_ONE,
                    Operation.ADD_ONE,
                    Operation.ADD_CHAIN,
                    Operation.PUBLISH_AVAILABLE,
                    Operation.POLL_AVAILABLE,
                    Operation.POLL_AVAILABLE,
                    Operation.POLL_AVAILABLE),
            List.of(
                    Operation.ADD_ONE,
                    Operation.PUBLISH_AVAILABLE,
                    Operation.POLL_AVAILABLE,
                    Operation.PUSH_OLDEST,
                    Operation.PUBLISH_USED,
                    Operation.ADD_ONE,
                    Operation.ADD_ONE,
                    Operation.PUBLISH_AVAILABLE,
                    Operation.POLL_AVAILABLE,
                    Operation.ADD_ONE));

    static List<VirtqueueFormat> formats() {
        return QueuePair.mainFormats();
    }

    static List<VirtqueueFormat> splitFormats() {
        return formats().stream().filter(format -> !format.packed()).toList();
    }

    private static void forEachShape(VirtqueueFormat format, Shape shape) {
        for (int size = 1; size <= LARGEST; size++) {
            if (!format.packed() && Integer.bitCount(size) != 1) {
                continue;
            }
            shape.test(size, 0);
            if (format.indirect() && size > 1) {
                shape.test(size, 2);
                shape.test(size, size);
            }
        }
    }

    private interface Shape {
        void test(int size, int indirectCapacity);
    }

    /** All sequences of operations, from each position of the ring and each state of the wrap counters. */
    @ParameterizedTest
    @MethodSource("formats")
    void everyShortHistoryFromEveryPosition(VirtqueueFormat format) {
        forEachShape(format, (size, indirectCapacity) -> {
            try (ModelledQueue queue = new ModelledQueue(format, size, indirectCapacity)) {
                for (int start = 0; start < 2 * size; start++) {
                    for (List<Operation> past : PASTS) {
                        everyHistory(queue, start, 2 * size, past);
                    }
                }
            }
        });
    }

    private static void everyHistory(ModelledQueue queue, int start, int positions, List<Operation> past) {
        int[] history = new int[past.isEmpty() ? DEPTH : DEPTH - 1];
        int last;
        do {
            while (queue.position() % positions != start) {
                queue.advance();
            }
            last = run(queue, past, history);
        } while (next(history, last));
    }

    /** Returns the last step that was taken: where nothing changed, longer histories are no news. */
    private static int run(ModelledQueue queue, List<Operation> past, int[] history) {
        int step = 0;
        try {
            for (int i = 0; i < past.size(); i++) {
                queue.step(past.get(i), i);
            }
            while (queue.step(Operation.of(history[step]), history[0] + step) && step < history.length - 1) {
                step++;
            }
            queue.drain();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(
                    "at " + queue.position() + ", after " + past + ", step " + step + " of " + named(history), e);
        }
        return step;
    }

    private static List<Operation> named(int[] history) {
        return Arrays.stream(history).mapToObj(Operation::of).toList();
    }

    /** The next history that differs at or before a step. */
    private static boolean next(int[] history, int last) {
        Arrays.fill(history, last + 1, history.length, 0);
        for (int step = last; step >= 0; step--) {
            if (++history[step] < Operation.COUNT) {
                return true;
            }
            history[step] = 0;
        }
        return false;
    }

    /** Random histories across the step of a split ring's indices from 65535 to 0, lap after lap. */
    @ParameterizedTest
    @MethodSource("splitFormats")
    void historiesAcrossTheWrapOfTheIndices(VirtqueueFormat format) {
        Dice dice = new Dice(5);
        forEachShape(format, (size, indirectCapacity) -> {
            try (ModelledQueue queue = new ModelledQueue(format, size, indirectCapacity)) {
                for (int wrap = 0; wrap < WRAPS; wrap++) {
                    int ahead = dice.between(0, size + 1);
                    queue.advance((int) (65536 - (queue.position() + ahead) % 65536));
                    for (int step = 0; step < 30; step++) {
                        queue.step(Operation.of(dice.below(Operation.COUNT)), dice.below(1000));
                    }
                    queue.drain();
                }
            }
        });
    }
}
