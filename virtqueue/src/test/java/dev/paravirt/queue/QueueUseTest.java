// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.traffic.QueuePair;
import dev.paravirt.spec.ring.QueueSize;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a caller may do with a queue and what not. */
class QueueUseTest {
    private static final int SIZE = 4;

    static List<VirtqueueFormat> formats() {
        return QueuePair.formats();
    }

    private static VirtqueueFormat format(boolean packed) {
        return new VirtqueueFormat(packed, false, false, false, false);
    }

    private static BufferChain chain(int parts) {
        BufferChain chain = new BufferChain(parts);
        for (int part = 0; part < parts; part++) {
            chain.addWritable(QueuePair.BUFFERS + part, 1);
        }
        return chain;
    }

    @Test
    void sizesAndMemory() {
        for (int size : new int[] {0, -1, 3, 6, 32769, 65536}) {
            assertThatIllegalArgumentException().isThrownBy(() -> DriverVirtqueue.memorySize(size, format(false), 0));
        }
        for (int size : new int[] {0, -1, 32769}) {
            assertThatIllegalArgumentException().isThrownBy(() -> DriverVirtqueue.memorySize(size, format(true), 0));
        }
        assertThat(DriverVirtqueue.memorySize(32768, format(false), 0)).isPositive();
        assertThat(DriverVirtqueue.memorySize(32767, format(true), 0)).isPositive();
        assertThatIllegalArgumentException()
                .as("tables without indirect descriptors")
                .isThrownBy(() -> DriverVirtqueue.memorySize(SIZE, format(false), 1));
        try (QueuePair pair = new QueuePair(format(true), 16, 0, 64)) {
            DmaBuffer memory = pair.rings();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DriverVirtqueue.create(0, 17, format(true), memory, 0));
            DmaBuffer shifted = memory.slice(16, memory.size() - 16);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DriverVirtqueue.create(0, 1, format(true), shifted, 0));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void deviceChecksTheSize(boolean packed) {
        try (QueuePair pair = new QueuePair(format(packed), SIZE, 0, 64)) {
            for (int size : packed ? new int[] {0, -4, 32769} : new int[] {0, 3, -4, 32769, 65536}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> DeviceVirtqueue.create(
                                pair.memory(),
                                size,
                                format(packed),
                                pair.driver().descriptorArea(),
                                pair.driver().driverArea(),
                                pair.driver().deviceArea()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void largestQueueFillsAndEmpties(VirtqueueFormat format) {
        int size = QueueSize.MAX;
        try (QueuePair pair = new QueuePair(format, size, 0, 64)) {
            for (int lap = 0; lap < 3; lap++) {
                lap(pair, size);
            }
        }
    }

    private static void lap(QueuePair pair, int size) {
        int added = 0;
        while (pair.driver().addWritable(QueuePair.BUFFERS, 4, added)) {
            added++;
        }
        pair.driver().publish();
        int served = 0;
        for (DescriptorChain next = pair.device().poll();
                next != null;
                next = pair.device().poll()) {
            pair.device().push(next, 1);
            served++;
        }
        pair.device().publish();
        int completed = 0;
        while (pair.driver().poll() == completed) {
            completed++;
        }
        assertThat(List.of(added, served, completed)).containsOnly(size);
        assertThat(pair.driver().free()).isEqualTo(size);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void misuseByTheDriver(boolean packed) {
        try (QueuePair pair = new QueuePair(format(packed), SIZE, 0, 64)) {
            DriverVirtqueue driver = pair.driver();
            assertThatIllegalArgumentException().isThrownBy(() -> driver.add(chain(SIZE + 1), 0));
            assertThatIllegalArgumentException().isThrownBy(() -> driver.add(new BufferChain(1), 0));
            assertThatIllegalArgumentException().isThrownBy(() -> driver.addReadable(0, 0, 0));
            assertThatIllegalArgumentException().isThrownBy(() -> driver.addWritable(0, -1, 0));
            assertThatIllegalArgumentException().isThrownBy(() -> driver.addReadable(0, 1, -1));
            assertThatIllegalArgumentException().isThrownBy(() -> driver.add(chain(2), -1));
            assertThat(driver.free()).isEqualTo(SIZE);
            assertThat(driver.publish()).as("nothing was added").isFalse();
            assertThat(pair.device().poll()).isNull();
            assertThat(driver.add(chain(SIZE), 5)).isTrue();
            assertThat(driver.free()).isZero();
            assertThat(driver.addReadable(QueuePair.BUFFERS, 1, 6)).isFalse();
            assertThat(driver.size()).isEqualTo(SIZE);
            assertThat(driver.index()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void misuseByTheDevice(VirtqueueFormat format) {
        try (QueuePair pair = new QueuePair(format, SIZE, 0, 64)) {
            pair.driver().add(chain(2), 9);
            pair.driver().publish();
            DescriptorChain chain = Objects.requireNonNull(pair.device().poll());
            assertThatIllegalArgumentException().isThrownBy(() -> pair.device().push(chain, 3));
            assertThatIllegalArgumentException().isThrownBy(() -> pair.device().push(chain, -1));
            pair.device().push(chain, 2);
            assertThatIllegalStateException().isThrownBy(() -> pair.device().push(chain, 2));
            assertThat(pair.device().publish()).isTrue();
            assertThat(pair.driver().poll()).isEqualTo(9);
            assertThat(pair.driver().usedLength()).isEqualTo(2);
        }
    }

    /** Ring reset: everything under way is forgotten, and a new device starts with the driver. */
    @ParameterizedTest
    @MethodSource("formats")
    void resetStartsAnew(VirtqueueFormat format) {
        try (QueuePair pair = new QueuePair(format, SIZE, 0, 64)) {
            for (int round = 0; round < 20; round++) {
                DeviceVirtqueue device = pair.openDevice();
                for (int token = 0; token < round; token++) {
                    assertThat(pair.driver().addWritable(QueuePair.BUFFERS, 1, token))
                            .isTrue();
                    boolean notify = pair.driver().publish();
                    assertThat(notify || token > 0).isTrue();
                    device.push(Objects.requireNonNull(device.poll()), 1);
                    device.publish();
                    assertThat(pair.driver().poll()).isEqualTo(token);
                }
                pair.driver().add(chain(2), 7);
                pair.driver().publish();
                assertThat(device.poll()).isNotNull();
                pair.driver().addWritable(QueuePair.BUFFERS, 1, 8);
                pair.driver().reset();
                assertThat(pair.driver().free()).isEqualTo(SIZE);
                assertThat(pair.driver().poll()).isEqualTo(DriverVirtqueue.NONE);
                assertThat(pair.driver().publish()).isFalse();
            }
        }
    }

    @Test
    void chainsOfBuffers() {
        assertThatIllegalArgumentException().isThrownBy(() -> new BufferChain(0));
        BufferChain chain = new BufferChain(3);
        chain.addReadable(1, 10).addWritable(2, 20);
        assertThatIllegalStateException().isThrownBy(() -> chain.addReadable(3, 1));
        chain.addWritable(3, 30);
        assertThatIllegalStateException().isThrownBy(() -> chain.addWritable(4, 1));
        assertThat(chain.count()).isEqualTo(3);
        assertThat(chain.readableCount()).isEqualTo(1);
        assertThat(chain.writableLength()).isEqualTo(50);
        assertThat(chain.capacity()).isEqualTo(3);
        chain.clear();
        assertThat(chain.count()).isZero();
        assertThat(chain.writableLength()).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> chain.addReadable(0, 0));
        chain.addWritable(0, Integer.MAX_VALUE).addWritable(0, Integer.MAX_VALUE);
        assertThat(chain.writableLength()).isEqualTo(2L * Integer.MAX_VALUE);
    }

    /** Numbers and copies that start and end anywhere, over readable pieces of 3, 1 and 8 bytes and writable of 2 and 5. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void chainsAreReadByOffset(boolean packed) {
        try (QueuePair pair = new QueuePair(format(packed), 8, 0, 64)) {
            byte[] text = {1, (byte) 0x82, 3, 4, 5, 6, 7, (byte) 0x88, 9, 10, 11, 12};
            DmaBuffer buffers = pair.buffers();
            buffers.put(0, text, 0, 3);
            buffers.put(20, text, 3, 1);
            buffers.put(30, text, 4, 8);
            BufferChain parts = new BufferChain(5)
                    .addReadable(buffers.slice(0, 3))
                    .addReadable(buffers.slice(20, 1))
                    .addReadable(buffers.slice(30, 8))
                    .addWritable(buffers.slice(50, 2))
                    .addWritable(buffers.slice(55, 5));
            pair.driver().add(parts, 0);
            pair.driver().publish();
            DescriptorChain chain = Objects.requireNonNull(pair.device().poll());
            checkReads(chain, text);
            chain.write(1, text, 0, 5);
            chain.writeByte(0, 0xfe);
            chain.writeByte(6, 0xfd);
            byte[] written = new byte[7];
            buffers.get(50, written, 0, 2);
            buffers.get(55, written, 2, 5);
            assertThat(written).containsExactly(0xfe, 1, 0x82, 3, 4, 5, 0xfd);
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> chain.writeByte(7, 0));
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> chain.write(3, text, 0, 5));
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> chain.readLong(5));
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> chain.readByte(-1));
        }
    }

    private static void checkReads(DescriptorChain chain, byte[] text) {
        assertThat(chain.readableLength()).isEqualTo(12);
        for (int at = 0; at < text.length; at++) {
            long value = 0;
            for (int width = 1; width <= 8 && at + width <= text.length; width++) {
                value |= (text[at + width - 1] & 0xffL) << 8 * (width - 1);
                byte[] read = new byte[width + 1];
                chain.read(at, read, 1, width);
                assertThat(read).endsWith(Arrays.copyOfRange(text, at, at + width));
                long number = switch (width) {
                    case 1 -> chain.readByte(at);
                    case 2 -> chain.readShort(at);
                    case 4 -> chain.readInt(at) & 0xffffffffL;
                    case 8 -> chain.readLong(at);
                    default -> value;
                };
                assertThat(number).isEqualTo(value);
            }
        }
    }
}
