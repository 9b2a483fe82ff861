// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.traffic.QueuePair;
import dev.paravirt.spec.ring.PackedLayout;
import dev.paravirt.spec.ring.RingIndex;
import dev.paravirt.spec.ring.SplitLayout;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Devices that break one rule each, before the driver side of a queue: it says so, and after a reset all is well. */
class HostileDeviceTest {
    private static final int SIZE = 4;

    /** Bytes that the device may write into each buffer. */
    private static final int ROOM = 10;

    static List<VirtqueueFormat> formats() {
        return QueuePair.mainFormats();
    }

    static List<VirtqueueFormat> splitFormats() {
        return formats().stream().filter(format -> !format.packed()).toList();
    }

    static List<VirtqueueFormat> inOrderFormats() {
        return formats().stream().filter(VirtqueueFormat::inOrder).toList();
    }

    /** A queue with two buffers under way, tokens 100 and 101, and a third that is not published. */
    private static QueuePair queue(VirtqueueFormat format) {
        QueuePair pair = new QueuePair(format, SIZE, 0, 64);
        add(pair, 100);
        add(pair, 101);
        pair.driver().publish();
        add(pair, 102);
        return pair;
    }

    private static void add(QueuePair pair, int token) {
        assertThat(pair.driver().addWritable(QueuePair.BUFFERS, ROOM, token)).isTrue();
    }

    /** The ids of the buffers under way, as the device sees them. */
    private static int[] ids(QueuePair pair) {
        DescriptorChain first = pair.device().poll();
        DescriptorChain second = pair.device().poll();
        assertThat(first).isNotNull();
        assertThat(second).isNotNull();
        assertThat(pair.device().poll()).isNull();
        return new int[] {first.id, second.id};
    }

    /** Writes the n-th used element since the beginning, and for a split ring the index behind it. */
    private static void use(QueuePair pair, int n, int id, long length) {
        MemoryRegion ring = pair.rings().region();
        if (pair.format().packed()) {
            long at = pair.driver().descriptorArea() - ring.address() + n % SIZE * 16L;
            long flags = PackedLayout.usedFlags(n / SIZE % 2 == 0);
            ring.putLongRelease(
                    at + PackedLayout.DESCRIPTOR_LEN, (length & 0xffffffffL) | (id & 0xffffL) << 32 | flags << 48);
        } else {
            long area = pair.driver().deviceArea() - ring.address();
            ring.putInt(area + SplitLayout.usedElement(RingIndex.slot(n, SIZE)), id);
            ring.putInt(area + SplitLayout.usedElement(RingIndex.slot(n, SIZE)) + 4, (int) length);
            usedIndex(pair, n + 1);
        }
    }

    private static void usedIndex(QueuePair pair, int index) {
        MemoryRegion ring = pair.rings().region();
        ring.putShortRelease(pair.driver().deviceArea() - ring.address() + SplitLayout.USED_IDX, (short) index);
    }

    private static void refused(QueuePair pair) {
        DriverVirtqueue driver = pair.driver();
        assertThatExceptionOfType(VirtqueueException.class).isThrownBy(driver::poll);
        driver.reset();
        assertThat(driver.free()).isEqualTo(SIZE);
        assertThat(driver.poll()).isEqualTo(DriverVirtqueue.NONE);
        roundTrip(pair);
        pair.close();
    }

    private static void roundTrip(QueuePair pair) {
        DeviceVirtqueue device = pair.openDevice();
        for (int token = 0; token < 3 * SIZE; token++) {
            add(pair, token);
            pair.driver().publish();
            DescriptorChain chain = device.poll();
            assertThat(chain).isNotNull();
            device.push(chain, 7);
            device.publish();
            assertThat(pair.driver().poll()).isEqualTo(token);
            assertThat(pair.driver().usedLength()).isEqualTo(7);
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void whatTheDeviceMayDo(VirtqueueFormat format) {
        try (QueuePair pair = queue(format)) {
            int[] ids = ids(pair);
            use(pair, 0, ids[0], ROOM);
            assertThat(pair.driver().poll()).isEqualTo(100);
            assertThat(pair.driver().usedLength()).isEqualTo(ROOM);
            use(pair, 1, ids[1], 0);
            assertThat(pair.driver().poll()).isEqualTo(101);
            assertThat(pair.driver().usedLength()).isZero();
            assertThat(pair.driver().poll()).isEqualTo(DriverVirtqueue.NONE);
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void idsOutOfRange(VirtqueueFormat format) {
        for (int id : new int[] {SIZE, SIZE + 1, 0xffff, -1, Integer.MIN_VALUE, 0x10000}) {
            if (id < 0xffff && id >= 0 || !format.packed()) {
                QueuePair pair = queue(format);
                use(pair, 0, id, 0);
                refused(pair);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void idsNeverSubmittedOrNotPublished(VirtqueueFormat format) {
        for (int id = 0; id < SIZE; id++) {
            QueuePair pair = queue(format);
            int[] ids = ids(pair);
            if (id == ids[0] || id == ids[1]) {
                pair.close();
            } else {
                use(pair, 0, id, 0);
                refused(pair);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void idsRepeated(VirtqueueFormat format) {
        QueuePair pair = queue(format);
        int[] ids = ids(pair);
        use(pair, 0, ids[0], 0);
        assertThat(pair.driver().poll()).isEqualTo(100);
        use(pair, 1, ids[0], 0);
        refused(pair);
    }

    @ParameterizedTest
    @MethodSource("formats")
    void lengthsTooLarge(VirtqueueFormat format) {
        for (long length : new long[] {ROOM + 1, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL}) {
            QueuePair pair = queue(format);
            use(pair, 0, ids(pair)[0], length);
            refused(pair);
        }
    }

    /** As devices say that count what they have read, or leave in a packed descriptor what the driver wrote. */
    @ParameterizedTest
    @MethodSource("formats")
    void lengthsThatCountWhatWasRead(VirtqueueFormat format) {
        BufferChain both = new BufferChain(2);
        both.addReadable(QueuePair.BUFFERS, ROOM).addWritable(QueuePair.BUFFERS + ROOM, 1);
        try (QueuePair pair = new QueuePair(format, SIZE, 0, 64)) {
            assertThat(pair.driver().addReadable(QueuePair.BUFFERS, ROOM, 100)).isTrue();
            assertThat(pair.driver().add(both, 101)).isTrue();
            pair.driver().publish();
            int[] ids = ids(pair);
            use(pair, 0, ids[0], ROOM);
            assertThat(pair.driver().poll()).isEqualTo(100);
            assertThat(pair.driver().usedLength()).isZero();
            use(pair, 1, ids[1], ROOM + 1);
            assertThat(pair.driver().poll()).isEqualTo(101);
            assertThat(pair.driver().usedLength()).isEqualTo(1);
        }
    }

    /** More used than there is available, with ids that would do. */
    @ParameterizedTest
    @MethodSource("formats")
    void moreUsedThanAvailable(VirtqueueFormat format) {
        QueuePair pair = queue(format);
        int[] ids = ids(pair);
        use(pair, 0, ids[0], 0);
        assertThat(pair.driver().poll()).isEqualTo(100);
        use(pair, 1, ids[1], 0);
        assertThat(pair.driver().poll()).isEqualTo(101);
        use(pair, 2, ids[1], 0);
        refused(pair);
    }

    @ParameterizedTest
    @MethodSource("splitFormats")
    void usedIndexJumps(VirtqueueFormat format) {
        for (int index : new int[] {3, SIZE, SIZE + 1, 32768, 65535}) {
            QueuePair pair = queue(format);
            usedIndex(pair, index);
            refused(pair);
        }
    }

    /** A device in order may answer a batch with its last buffer. */
    @ParameterizedTest
    @MethodSource("inOrderFormats")
    void batchInOrder(VirtqueueFormat format) {
        try (QueuePair pair = queue(format)) {
            use(pair, 0, ids(pair)[1], 3);
            if (!format.packed()) {
                usedIndex(pair, 2);
            }
            assertThat(pair.driver().poll()).isEqualTo(100);
            assertThat(pair.driver().enableUsedNotifications()).isFalse();
            assertThat(pair.driver().poll()).isEqualTo(101);
            assertThat(pair.driver().usedLength()).isEqualTo(3);
            assertThat(pair.driver().poll()).isEqualTo(DriverVirtqueue.NONE);
        }
    }

    /** The element of a batch names its last buffer: one that names an earlier one than was used is a lie. */
    @ParameterizedTest
    @MethodSource("inOrderFormats")
    void batchInOrderThatGoesBack(VirtqueueFormat format) {
        QueuePair pair = queue(format);
        int[] ids = ids(pair);
        use(pair, 0, ids[1], 3);
        if (!format.packed()) {
            usedIndex(pair, 2);
        }
        assertThat(pair.driver().poll()).isEqualTo(100);
        assertThat(pair.driver().poll()).isEqualTo(101);
        use(pair, 2, ids[0], 0);
        refused(pair);
    }

    /** A batch in order of which the index shows just a part: the element names a buffer past the index. */
    @ParameterizedTest
    @MethodSource("inOrderFormats")
    void batchInOrderPastWhatIsUsed(VirtqueueFormat format) {
        QueuePair pair = queue(format);
        int[] ids = ids(pair);
        if (format.packed()) {
            use(pair, 0, 3 - ids[0] - ids[1], 0);
        } else {
            use(pair, 0, ids[1], 0);
        }
        refused(pair);
    }
}
