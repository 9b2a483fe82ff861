// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.paravirt.queue.traffic.QueuePair;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Neither side of a queue leaves garbage. */
@Timeout(300)
class AllocationTest {
    private static final int SIZE = 64;
    private static final int PARTS = 3;
    private static final int ROUNDS = 500;
    private static final int WARM_UPS = 30;

    static List<VirtqueueFormat> formats() {
        return QueuePair.mainFormats();
    }

    /**
     * All operations of both sides, on one thread. The compiler may finish in the middle of a measurement, and the
     * measurement itself may allocate when it is first made: one without any allocation proves that there need be none.
     */
    @ParameterizedTest
    @MethodSource("formats")
    void noOperationAllocates(VirtqueueFormat format) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (QueuePair pair = new QueuePair(format, SIZE, format.indirect() ? PARTS : 0, 4096)) {
            BufferChain chain = new BufferChain(PARTS);
            byte[] bytes = new byte[256];
            @Nullable DescriptorChain[] polled = new DescriptorChain[SIZE];
            long least = Long.MAX_VALUE;
            for (int attempt = 0; attempt < WARM_UPS && least > 0; attempt++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int round = 0; round < ROUNDS; round++) {
                    submit(pair, chain, round);
                    serve(pair, polled, bytes);
                    complete(pair);
                }
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertThat(least).as("bytes allocated").isZero();
        }
    }

    private static void submit(QueuePair pair, BufferChain chain, int round) {
        DriverVirtqueue driver = pair.driver();
        boolean room = true;
        for (int token = 0; room; token++) {
            room = switch ((token + round) % 3) {
                case 0 -> driver.addReadable(QueuePair.BUFFERS, 100, token);
                case 1 -> driver.addWritable(QueuePair.BUFFERS, 100, token);
                default -> {
                    chain.clear();
                    chain.addReadable(QueuePair.BUFFERS, 20).addReadable(QueuePair.BUFFERS + 64, 7);
                    yield driver.add(chain.addWritable(QueuePair.BUFFERS + 1024, 60), token);
                }
            };
        }
        driver.publish();
        driver.notificationData();
    }

    private static void serve(QueuePair pair, @Nullable DescriptorChain[] polled, byte[] bytes) {
        DeviceVirtqueue device = pair.device();
        device.disableAvailableNotifications();
        int count = 0;
        for (DescriptorChain next = device.poll(); next != null; next = device.poll()) {
            polled[count++] = next;
        }
        while (count > 0) {
            DescriptorChain chain = Objects.requireNonNull(polled[--count]);
            int readable = (int) chain.readableLength();
            chain.read(0, bytes, 0, readable);
            int sum = readable >= 8 ? chain.readByte(0) + chain.readShort(1) + chain.readInt(2) : 0;
            long wide = readable >= 8 ? chain.readLong(readable - 8) : 0;
            int writable = (int) chain.writableLength();
            chain.write(0, bytes, 0, writable);
            if (writable > 0) {
                chain.writeByte(writable - 1, sum + (int) wide);
            }
            device.push(chain, writable);
        }
        device.enableAvailableNotifications();
        device.publish();
    }

    private static void complete(QueuePair pair) {
        DriverVirtqueue driver = pair.driver();
        driver.disableUsedNotifications();
        int used = 0;
        while (driver.poll() != DriverVirtqueue.NONE) {
            used += driver.usedLength();
        }
        driver.enableUsedNotifications();
        if (used == 0 || driver.free() != SIZE) {
            throw new AssertionError(used + " bytes used, " + driver.free() + " free");
        }
    }
}
