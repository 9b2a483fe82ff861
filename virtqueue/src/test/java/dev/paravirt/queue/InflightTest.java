// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.traffic.Dice;
import dev.paravirt.queue.traffic.QueuePair;
import dev.paravirt.spec.ring.RingIndex;
import dev.paravirt.spec.vhostuser.InflightLayout;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A device that dies before or after any store to its notes, and another that goes on where it was. */
class InflightTest {
    private static final int SIZE = 8;
    private static final int STEPS = 80;
    private static final int NEVER = Integer.MAX_VALUE;

    static List<VirtqueueFormat> formats() {
        return QueuePair.mainFormats();
    }

    /** The process died here. */
    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Notes of a process that dies before, or after, its {@code left}-th store. */
    private static final class Mortal extends InflightRegion {
        private final boolean before;
        private int left;

        Mortal(MemoryRegion memory, int left, boolean before) {
            super(memory, 0, SIZE);
            this.left = left;
            this.before = before;
        }

        private void store(Runnable store) {
            boolean last = left-- <= 0;
            if (!last || !before) {
                store.run();
            }
            if (last) {
                throw new Killed();
            }
        }

        @Override
        void putShort(long offset, int value) {
            store(() -> super.putShort(offset, value));
        }

        @Override
        void putInt(long offset, int value) {
            store(() -> super.putInt(offset, value));
        }

        @Override
        void putLong(long offset, long value) {
            store(() -> super.putLong(offset, value));
        }
    }

    /** A driver that goes on whatever happens to its devices, and what each of these knows. */
    private static final class Life implements AutoCloseable {
        private final Arena arena = Arena.ofConfined();
        private final MemoryRegion notes =
                new MemoryRegion(0, arena.allocate(InflightLayout.queueRegionSize(SIZE), 64));
        private final QueuePair pair;
        private final Dice dice = new Dice(7);
        private final List<DescriptorChain> taken = new ArrayList<>();
        private final List<Integer> free = new ArrayList<>();
        private final boolean[] pending = new boolean[3 * STEPS];
        private final int[] slotOf = new int[pending.length];
        private DeviceVirtqueue device;
        private int added;
        private int used;
        private int lastPolled = -1;

        Life(VirtqueueFormat format) {
            pair = new QueuePair(format, SIZE, format.indirect() ? 4 : 0, SIZE * 64);
            for (int slot = 0; slot < SIZE; slot++) {
                free.add(slot);
            }
            device = pair.device();
        }

        DeviceVirtqueue open(InflightRegion region) {
            DriverVirtqueue driver = pair.driver();
            taken.clear();
            lastPolled = -1;
            device = DeviceVirtqueue.resume(
                    pair.memory(),
                    driver.size(),
                    pair.format(),
                    driver.descriptorArea(),
                    driver.driverArea(),
                    driver.deviceArea(),
                    pair.format().packed() ? RingIndex.FIRST_POSITION : 0,
                    null,
                    region);
            return device;
        }

        void step() {
            switch (dice.between(0, 5)) {
                case 0, 1 -> add();
                case 2, 3 -> poll();
                case 4 -> push();
                default -> device.publish();
            }
            drain();
        }

        private void add() {
            if (free.isEmpty()) {
                return;
            }
            int slot = free.getFirst();
            long at = pair.buffers().address() + slot * 64L;
            BufferChain chain = new BufferChain(2);
            pair.buffers().putInt(slot * 64, added);
            chain.addReadable(at, 4);
            chain.addWritable(at + 32, 4);
            if (pair.driver().add(chain, added)) {
                free.removeFirst();
                slotOf[added] = slot;
                pending[added++] = true;
                pair.driver().publish();
            }
        }

        private boolean poll() {
            DescriptorChain chain = device.poll();
            if (chain != null) {
                int token = chain.readInt(0);
                assertThat(token).as("the order of submission").isGreaterThan(lastPolled);
                lastPolled = token;
                taken.add(chain);
            }
            return chain != null;
        }

        private void push() {
            if (!taken.isEmpty()) {
                device.push(taken.remove(dice.between(0, taken.size() - 1)), 4);
            }
        }

        private void drain() {
            for (int token = pair.driver().poll();
                    token != DriverVirtqueue.NONE;
                    token = pair.driver().poll()) {
                assertThat(pending[token]).as("used once: %s", token).isTrue();
                pending[token] = false;
                free.add(slotOf[token]);
                used++;
            }
        }

        /** All that was ever added comes back. */
        void finish() {
            while (poll()) {
                // Takes all that there is.
            }
            while (!taken.isEmpty()) {
                push();
            }
            device.publish();
            drain();
            assertThat(used).isEqualTo(added);
        }

        @Override
        public void close() {
            pair.close();
            arena.close();
        }
    }

    private static void run(Life life, InflightRegion region, int steps) {
        life.open(region);
        for (int step = 0; step < steps; step++) {
            life.step();
        }
        life.finish();
    }

    /** Returns whether the first device died: if not, it has no more stores than that. */
    private static boolean survives(VirtqueueFormat format, int first, int second, boolean before) {
        boolean died = false;
        try (Life life = new Life(format)) {
            int[] deaths = {first, second, NEVER};
            for (int death : deaths) {
                try {
                    run(life, new Mortal(life.notes, death, before), STEPS);
                    break;
                } catch (Killed killed) {
                    died = true;
                    life.drain();
                }
            }
            // The last one leaves notes that say that nothing is in flight.
            life.open(new InflightRegion(life.notes, 0, SIZE));
            assertThat(life.poll()).isFalse();
        }
        return died;
    }

    @ParameterizedTest
    @MethodSource("formats")
    void nothingIsLostWhereverADeviceDies(VirtqueueFormat format) {
        for (boolean before : new boolean[] {true, false}) {
            int death = 0;
            while (survives(format, death, NEVER, before)) {
                survives(format, death, death % 23, before);
                death++;
            }
            assertThat(death).isGreaterThan(60);
        }
    }

    /** The position alone could not tell the next. */
    @ParameterizedTest
    @MethodSource("formats")
    void whatIsNotEvenPolledAgainIsGivenBack(VirtqueueFormat format) {
        try (Life life = new Life(format)) {
            life.open(new InflightRegion(life.notes, 0, SIZE));
            for (int i = 0; i < 3; i++) {
                life.add();
                life.poll();
            }
            DeviceVirtqueue next = life.open(new InflightRegion(life.notes, 0, SIZE));
            assertThat(next.hasResubmissions()).isTrue();
            next.stop(List.of());
            assertThat(next.hasResubmissions()).isFalse();
            life.drain();
            assertThat(life.used).isEqualTo(3);
        }
    }

    /** Notes that anybody may have written: a queue that starts, or one that does not. */
    @ParameterizedTest
    @MethodSource("formats")
    void notesThatMakeNoSenseAreRefusedOrHarmless(VirtqueueFormat format) {
        Dice dice = new Dice(11);
        int refused = 0;
        for (int round = 0; round < 2000; round++) {
            try (Life life = new Life(format)) {
                run(life, new InflightRegion(life.notes, 0, SIZE), 5);
                int changes = dice.between(1, 8);
                for (int change = 0; change < changes; change++) {
                    int at = dice.between(InflightLayout.VERSION, (int) life.notes.size() - 1);
                    life.notes.putByte(at, (byte) dice.between(0, 20));
                }
                try {
                    life.open(new InflightRegion(life.notes, 0, SIZE));
                    for (int polls = 0; polls <= SIZE && life.device.poll() != null; polls++) {
                        assertThat(life.device.outstanding()).isLessThanOrEqualTo(SIZE);
                    }
                } catch (VirtqueueException senseless) {
                    refused++;
                }
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void notesForFewerDescriptorsThanTheQueueHasAreRefused() {
        VirtqueueFormat split = new VirtqueueFormat(false, false, false, false, false);
        try (Life life = new Life(split)) {
            assertThatThrownBy(() -> life.open(new InflightRegion(life.notes, 0, SIZE / 2)))
                    .isInstanceOf(VirtqueueException.class)
                    .hasMessageContaining("4 descriptors in a queue of 8");
        }
    }
}
