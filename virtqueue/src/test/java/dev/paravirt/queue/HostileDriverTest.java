// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import static dev.paravirt.queue.RawRing.BUFFER;
import static dev.paravirt.queue.RawRing.INDIRECT;
import static dev.paravirt.queue.RawRing.NEXT;
import static dev.paravirt.queue.RawRing.SIZE;
import static dev.paravirt.queue.RawRing.TABLE;
import static dev.paravirt.queue.RawRing.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.paravirt.queue.traffic.Dice;
import dev.paravirt.spec.ring.PackedLayout;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Drivers that break one rule each, before the device side of a queue: it says so, and takes nothing more. */
@Timeout(300)
class HostileDriverTest {
    private static final int MUTATIONS = Boolean.getBoolean("paravirt.thorough") ? 5_000_000 : 2_000;

    private static RawRing ring(boolean packed) {
        return new RawRing(new VirtqueueFormat(packed, true, false, false, false));
    }

    /** The chain at descriptor 0 is refused, and so is everything afterwards. */
    private static void refused(RawRing ring, String why) {
        ring.available(0);
        DeviceVirtqueue device = ring.device();
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatExceptionOfType(VirtqueueException.class)
                    .isThrownBy(device::poll)
                    .withMessageContaining(attempt == 0 ? why : "");
        }
        assertThat(device.outstanding()).isZero();
        assertThat(device.publish()).isFalse();
        ring.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bufferOutsideOfMemory(boolean packed) {
        long end = Script.SECOND + Script.SECOND_BYTES;
        refused(ring(packed).descriptor(0, end, 1, 0), "outside of memory");
        refused(ring(packed).descriptor(0, end - 16, 17, WRITE), "outside of memory");
        refused(ring(packed).descriptor(0, Script.FIRST - 1, 2, 0), "outside of memory");
        refused(ring(packed).descriptor(0, BUFFER, 0xffff_ffffL, WRITE), "outside of memory");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void addressPlusLengthOverflows(boolean packed) {
        refused(ring(packed).descriptor(0, -1, 2, 0), "outside of memory");
        refused(ring(packed).descriptor(0, -16, 0xffff_ffffL, WRITE), "outside of memory");
        refused(ring(packed).descriptor(0, Long.MAX_VALUE, 0xffff_ffffL, WRITE), "outside of memory");
        refused(ring(packed).descriptor(0, Long.MIN_VALUE + BUFFER, 16, 0), "outside of memory");
        refused(ring(packed).descriptor(0, Script.FAR + Script.FAR_BYTES - 1, 0xffff_ffffL, 0), "outside of memory");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void lengthZero(boolean packed) {
        refused(ring(packed).descriptor(0, BUFFER, 0, 0), "length 0");
        refused(ring(packed).descriptor(0, BUFFER, 8, NEXT).descriptor(1, BUFFER, 0, WRITE), "length 0");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readableBehindWritable(boolean packed) {
        refused(ring(packed).descriptor(0, BUFFER, 8, WRITE | NEXT).descriptor(1, BUFFER, 8, 0), "device-readable");
        refused(
                ring(packed)
                        .descriptor(0, TABLE, 32, INDIRECT)
                        .entry(TABLE, 0, BUFFER, 8, WRITE | NEXT, 1)
                        .entry(TABLE, 1, BUFFER, 8, 0, 0),
                "device-readable");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void loopOrChainLongerThanTheQueue(boolean packed) {
        RawRing ring = ring(packed);
        for (int index = 0; index < SIZE; index++) {
            ring.descriptor(index, BUFFER, 1, NEXT, (index + 1) % SIZE);
        }
        refused(ring, "longer");
        if (!packed) {
            refused(ring(false).descriptor(0, BUFFER, 1, NEXT, 0), "loop");
            refused(
                    ring(false)
                            .descriptor(0, TABLE, 32, INDIRECT)
                            .entry(TABLE, 0, BUFFER, 8, NEXT, 1)
                            .entry(TABLE, 1, BUFFER, 8, NEXT, 0),
                    "loop");
        }
    }

    /** A driver cannot know yet that it may use these descriptors again, and does not get the device to keep more than fits. */
    @Test
    void nothingIsAvailableWhereUsedDescriptorsAreHeldBack() {
        try (RawRing ring = ring(true)) {
            for (int index = 0; index < SIZE; index++) {
                ring.descriptor(index, BUFFER, 8, 0);
            }
            DeviceVirtqueue device = ring.device();
            for (int index = 0; index < SIZE; index++) {
                device.push(Objects.requireNonNull(device.poll()), 0);
                ring.ring.putShort(index * 16L + PackedLayout.DESCRIPTOR_FLAGS, (short) PackedLayout.DESC_F_USED);
            }
            assertThat(device.poll()).isNull();
            device.publish();
            assertThat(device.outstanding()).isZero();
        }
    }

    @Test
    void indicesOutOfRange() {
        refused(ring(false).descriptor(0, BUFFER, 1, NEXT, SIZE), "descriptor 4");
        refused(ring(false).descriptor(0, BUFFER, 1, NEXT, 0xffff), "descriptor 65535");
        refused(ring(false).descriptor(0, TABLE, 16, INDIRECT).entry(TABLE, 0, BUFFER, 8, NEXT, 1), "descriptor 1");
        refused(ring(false).available(0xffff), "descriptor 65535");
        refused(ring(false).available(SIZE), "descriptor 4");
    }

    @ParameterizedTest
    @ValueSource(ints = {SIZE + 1, 100, 32768, 65535})
    void availableIndexJumps(int jump) {
        try (RawRing ring = ring(false).descriptor(0, BUFFER, 8, 0).available(0)) {
            DeviceVirtqueue device = ring.device();
            assertThat(device.poll()).isNotNull();
            ring.availableIndex(1 + jump);
            assertThatExceptionOfType(VirtqueueException.class).isThrownBy(device::poll);
            ring.availableIndex(2);
            assertThatExceptionOfType(VirtqueueException.class).isThrownBy(device::poll);
        }
    }

    /** The same descriptors over and over, before any of them was used. */
    @Test
    void moreAvailableThanThereAreDescriptors() {
        try (RawRing ring = ring(false).descriptor(0, BUFFER, 8, 0).available(0, 0, 0, 0)) {
            DeviceVirtqueue device = ring.device();
            DescriptorChain first = Objects.requireNonNull(device.poll());
            for (int i = 1; i < SIZE; i++) {
                assertThat(device.poll()).isNotNull();
            }
            ring.available(0);
            assertThatExceptionOfType(VirtqueueException.class).isThrownBy(device::poll);
            device.push(first, 0);
            assertThatExceptionOfType(VirtqueueException.class).isThrownBy(device::poll);
            assertThat(device.outstanding()).isEqualTo(SIZE - 1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void indirectTables(boolean packed) {
        refused(ring(packed).descriptor(0, TABLE, 0, INDIRECT), "table of 0");
        refused(ring(packed).descriptor(0, TABLE, 15, INDIRECT), "table of 15");
        refused(ring(packed).descriptor(0, TABLE, 40, INDIRECT), "table of 40");
        refused(ring(packed).descriptor(0, TABLE, 0xffff_fff0L, INDIRECT), "table");
        refused(ring(packed).descriptor(0, Script.SECOND + Script.SECOND_BYTES - 8, 16, INDIRECT), "table");
        refused(ring(packed).descriptor(0, -16, 32, INDIRECT), "table");
        refused(
                ring(packed).descriptor(0, TABLE, 16, INDIRECT | NEXT).descriptor(1, BUFFER, 8, 0),
                "indirect descriptor with NEXT");
    }

    @Test
    void indirectInIndirect() {
        RawRing ring = ring(false).descriptor(0, TABLE, 16, INDIRECT);
        refused(ring.entry(TABLE, 0, TABLE + 64, 16, INDIRECT, 0), "in an indirect table");
        RawRing loop = ring(false).descriptor(0, TABLE, 16, INDIRECT);
        refused(loop.entry(TABLE, 0, TABLE, 16, INDIRECT, 0), "in an indirect table");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void indirectWithoutNegotiation(boolean packed) {
        RawRing ring = new RawRing(new VirtqueueFormat(packed, false, false, false, false));
        refused(ring.descriptor(0, TABLE, 16, INDIRECT).entry(TABLE, 0, BUFFER, 8, 0, 0), "not negotiated");
    }

    /** A table that lies in two regions could be read only in pieces; that is not supported. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void indirectTableAcrossRegions(boolean packed) {
        refused(ring(packed).descriptor(0, Script.SECOND - 16, 32, INDIRECT), "table");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void areasOutsideOfMemoryOrNotAligned(boolean packed) {
        try (RawRing ring = ring(packed)) {
            long[] wrong = {1, 2 * Script.FIRST_BYTES + Script.SECOND_BYTES, -Script.FIRST_BYTES, Long.MIN_VALUE, -1};
            for (long shift : wrong) {
                assertThatExceptionOfType(VirtqueueException.class).isThrownBy(() -> ring.device(shift, 0, 0));
                assertThatExceptionOfType(VirtqueueException.class).isThrownBy(() -> ring.device(0, shift, 0));
                assertThatExceptionOfType(VirtqueueException.class).isThrownBy(() -> ring.device(0, 0, shift));
            }
            assertThatExceptionOfType(VirtqueueException.class)
                    .as("half in the first region, half in the second")
                    .isThrownBy(() -> ring.device(Script.FIRST_BYTES - 32, 0, 0));
            assertThatExceptionOfType(VirtqueueException.class).isThrownBy(() -> ring.device(8, 0, 0));
            assertThatExceptionOfType(VirtqueueException.class).isThrownBy(() -> ring.device(0, 0, 2));
        }
    }

    /** A buffer may go from one region into the next, if no address lies between them. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bufferAcrossRegionsIsFine(boolean packed) {
        try (RawRing ring = ring(packed).descriptor(0, BUFFER - 5, 12, WRITE).available(0)) {
            DescriptorChain chain = Objects.requireNonNull(ring.device().poll());
            assertThat(chain.pieces()).isEqualTo(2);
            assertThat(chain.writableLength()).isEqualTo(12);
            byte[] bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
            chain.write(0, bytes, 0, bytes.length);
            assertThat(ring.memory.region(0).getByte(Script.FIRST_BYTES - 1)).isEqualTo((byte) 5);
            assertThat(ring.memory.region(1).getByte(0)).isEqualTo((byte) 6);
        }
    }

    /** Chained descriptors before one with a table are allowed in a split ring. */
    @Test
    void tableAtTheEndOfAChainIsFine() {
        try (RawRing ring = ring(false)
                .descriptor(0, BUFFER, 8, NEXT)
                .descriptor(1, TABLE, 16, INDIRECT)
                .entry(TABLE, 0, BUFFER, 4, WRITE, 0)
                .available(0)) {
            DescriptorChain chain = Objects.requireNonNull(ring.device().poll());
            assertThat(chain.readableLength()).isEqualTo(8);
            assertThat(chain.writableLength()).isEqualTo(4);
        }
    }

    /** What was checked is what is used, though another thread changes every descriptor all the time. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void descriptorsChangeWhileTheyAreRead(boolean packed) throws InterruptedException {
        try (RawRing ring = ring(packed)) {
            AtomicBoolean done = new AtomicBoolean();
            Thread mutator = new Thread(() -> mutate(ring, done), "mutator");
            mutator.start();
            try {
                pollWhileMutated(ring);
            } finally {
                done.set(true);
                mutator.join();
            }
        }
    }

    private static void mutate(RawRing ring, AtomicBoolean done) {
        Dice dice = new Dice(11);
        while (!done.get()) {
            long table = dice.once(3) ? TABLE : Script.FIRST;
            long address = dice.once(8) ? -dice.below(64) : dice.once(4) ? TABLE : BUFFER + dice.below(4096);
            int length = dice.once(8) ? dice.below(100) : 16;
            int available = ring.format.packed() && table != TABLE ? (dice.once(2) ? 0x80 : 0x8000) : 0;
            ring.entry(table, dice.below(SIZE), address, length, dice.below(8) | available, dice.below(SIZE + 1));
        }
    }

    /** Until there were so many requests that were fine, and so many that were not. */
    private static void pollWhileMutated(RawRing ring) {
        DeviceVirtqueue device = ring.availableIndex(0).device();
        byte[] bytes = new byte[1 << 14];
        int fine = 0;
        int refused = 0;
        for (int turn = 0; fine < MUTATIONS || refused < MUTATIONS; turn++) {
            ring.available(turn % SIZE);
            try {
                DescriptorChain chain = device.poll();
                if (chain == null) {
                    Thread.onSpinWait();
                    continue;
                }
                chain.read(0, bytes, 0, (int) chain.readableLength());
                chain.write(0, bytes, 0, (int) Math.min(bytes.length, chain.writableLength()));
                device.push(chain, chain.writableLength());
                device.publish();
                fine++;
            } catch (VirtqueueException expected) {
                refused++;
                device = ring.availableIndex(0).device();
            }
        }
    }
}
