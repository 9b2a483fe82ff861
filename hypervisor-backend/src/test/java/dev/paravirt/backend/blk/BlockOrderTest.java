// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Slow and failing images: who waits for whom, and who does not. */
@Timeout(60)
class BlockOrderTest {
    private static final int SECTORS = 2048;

    /** What starts at a gated sector waits for its gate. */
    private static final class SlowImage extends ForwardingImage {
        final Map<Long, CountDownLatch> gates = new ConcurrentHashMap<>();
        final AtomicInteger syncs = new AtomicInteger();
        final AtomicInteger writes = new AtomicInteger();
        volatile CountDownLatch syncGate = new CountDownLatch(0);
        volatile boolean failSync;

        SlowImage() {
            super(new MemoryImage(SECTORS * 512L));
        }

        CountDownLatch gate(long sector) {
            CountDownLatch gate = new CountDownLatch(1);
            gates.put(sector * 512, gate);
            return gate;
        }

        private static void pass(CountDownLatch gate) {
            try {
                assertThat(gate.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException stopped) {
                throw new AssertionError(stopped);
            }
        }

        private void passGate(long position) {
            CountDownLatch gate = gates.get(position);
            if (gate != null) {
                pass(gate);
            }
        }

        @Override
        public int read(MemorySegment memory, long offset, int length, long position) throws IOException {
            passGate(position);
            return super.read(memory, offset, length, position);
        }

        @Override
        public int write(MemorySegment memory, long offset, int length, long position) throws IOException {
            passGate(position);
            int written = super.write(memory, offset, length, position);
            writes.incrementAndGet();
            return written;
        }

        @Override
        public void sync() throws IOException {
            syncs.incrementAndGet();
            pass(syncGate);
            if (failSync) {
                throw new IOException("expected by the test");
            }
        }
    }

    @Test
    void aSlowReadHoldsUpNobody() {
        SlowImage image = new SlowImage();
        try (BlockDisk disk = new BlockDisk(image, new BlockOptions())) {
            CountDownLatch gate = image.gate(5);
            BlockDisk.Pending slow = disk.startRead(0, 5, disk.filled(1, 9));
            for (int i = 0; i < 100; i++) {
                assertThat(disk.write(100 + i, disk.filled(1, i))).isEqualTo(BlkStatus.OK);
                disk.assertSectors(100 + i, 1, i);
            }
            assertThat(disk.flush()).as("a read is nothing to wait for").isEqualTo(BlkStatus.OK);
            assertThat(slow.isDone()).isFalse();
            gate.countDown();
            assertThat(slow.await()).isEqualTo(BlkStatus.OK);
        }
    }

    /** As many slow ones as there are threads but one: the last thread serves all others. */
    @Test
    void manySlowReadsHoldUpNobody() {
        SlowImage image = new SlowImage();
        try (BlockDisk disk = new BlockDisk(image, new BlockOptions().threads(16))) {
            CountDownLatch gate = image.gate(5);
            BlockDisk.Pending[] slow = new BlockDisk.Pending[15];
            for (int i = 0; i < slow.length; i++) {
                slow[i] = disk.startRead(0, 5, disk.filled(1, 9));
            }
            assertThat(disk.write(100, disk.filled(1, 3))).isEqualTo(BlkStatus.OK);
            disk.assertSectors(100, 1, 3);
            gate.countDown();
            for (BlockDisk.Pending read : slow) {
                assertThat(read.await()).isEqualTo(BlkStatus.OK);
            }
        }
    }

    @Test
    void aFlushWaitsForTheWritesBeforeItOnAllQueuesAndNoOthers() {
        SlowImage image = new SlowImage();
        try (BlockDisk disk = new BlockDisk(image, new BlockOptions().queues(3))) {
            CountDownLatch before = image.gate(1);
            CountDownLatch after = image.gate(2);
            BlockDisk.Pending slowRead = disk.startRead(1, 2, disk.filled(1, 0));
            BlockDisk.Pending earlier = disk.startWrite(0, 1, disk.filled(1, 1));
            BlockDisk.Pending flush = disk.startFlush(1);
            BlockDisk.Pending later = disk.startWrite(2, 2, disk.filled(1, 1));
            BlockDisk.Pending secondFlush = disk.startFlush(2);
            assertThat(disk.startWrite(1, 10, disk.filled(1, 1)).await()).isEqualTo(BlkStatus.OK);
            assertThat(flush.isDone()).isFalse();
            assertThat(image.syncs).hasValue(0);
            before.countDown();
            assertThat(earlier.await()).isEqualTo(BlkStatus.OK);
            assertThat(flush.await()).isEqualTo(BlkStatus.OK);
            assertThat(image.syncs).hasValue(1);
            assertThat(later.isDone()).isFalse();
            assertThat(secondFlush.isDone()).isFalse();
            after.countDown();
            assertThat(secondFlush.await()).isEqualTo(BlkStatus.OK);
            assertThat(later.await()).isEqualTo(BlkStatus.OK);
            assertThat(slowRead.await()).isEqualTo(BlkStatus.OK);
        }
    }

    @Test
    void manyFlushesWaitForOneWrite() {
        SlowImage image = new SlowImage();
        try (BlockDisk disk = new BlockDisk(image, new BlockOptions().queues(4))) {
            CountDownLatch gate = image.gate(1);
            BlockDisk.Pending write = disk.startWrite(0, 1, disk.filled(1, 1));
            BlockDisk.Pending[] flushes = new BlockDisk.Pending[3 * 30];
            for (int i = 0; i < flushes.length; i++) {
                flushes[i] = disk.startFlush(1 + i % 3);
            }
            assertThat(image.syncs).hasValue(0);
            gate.countDown();
            for (BlockDisk.Pending flush : flushes) {
                assertThat(flush.await()).isEqualTo(BlkStatus.OK);
            }
            assertThat(write.await()).isEqualTo(BlkStatus.OK);
            assertThat(image.syncs.get()).as("they share").isLessThan(flushes.length);
        }
    }

    /** Twenty writes, each on stable storage when it completes, need but two syncs: one that runs, one that they share. */
    @Test
    void writesThroughShareTheirSyncs() {
        SlowImage image = new SlowImage();
        try (BlockDisk disk = new BlockDisk(image, new BlockOptions().writeCache(false))) {
            image.syncGate = new CountDownLatch(1);
            BlockDisk.Pending[] writes = new BlockDisk.Pending[20];
            for (int i = 0; i < writes.length; i++) {
                writes[i] = disk.startWrite(0, i, disk.filled(1, 1));
            }
            while (image.writes.get() < writes.length) {
                Thread.onSpinWait();
            }
            for (BlockDisk.Pending write : writes) {
                assertThat(write.isDone()).isFalse();
            }
            image.syncGate.countDown();
            for (BlockDisk.Pending write : writes) {
                assertThat(write.await()).isEqualTo(BlkStatus.OK);
            }
            assertThat(image.syncs.get()).isBetween(1, writes.length);
        }
    }

    @Test
    void aFailedSyncFailsTheFlushAndTheWriteThatNeededIt() {
        SlowImage image = new SlowImage();
        image.failSync = true;
        try (BlockDisk disk = new BlockDisk(image, new BlockOptions())) {
            assertThat(disk.write(1, disk.filled(1, 1))).isEqualTo(BlkStatus.OK);
            assertThat(disk.flush()).isEqualTo(BlkStatus.IOERR);
            disk.assertSectors(1, 1, 1);
            image.failSync = false;
            assertThat(disk.flush()).as("what was lost stays lost").isEqualTo(BlkStatus.IOERR);
            assertThat(image.syncs).hasValue(1);
        }
        SlowImage other = new SlowImage();
        other.failSync = true;
        try (BlockDisk disk = new BlockDisk(other, new BlockOptions().writeCache(false))) {
            assertThat(disk.write(1, disk.filled(1, 1))).isEqualTo(BlkStatus.IOERR);
            assertThat(disk.device.failures()).isEqualTo(1);
        }
    }

    @Test
    void anErasureIsStableWhenItCompletes() {
        SlowImage image = new SlowImage();
        try (BlockDisk disk = new BlockDisk(image, new BlockOptions().secureErase(true))) {
            assertThat(disk.range(BlkRequest.T_WRITE_ZEROES, 0, 8, 0)).isEqualTo(BlkStatus.OK);
            assertThat(image.syncs).hasValue(0);
            assertThat(disk.range(BlkRequest.T_SECURE_ERASE, 0, 8, 0)).isEqualTo(BlkStatus.OK);
            assertThat(image.syncs).hasValue(1);
        }
    }

    @Test
    void whateverAnImageThrowsFailsThatRequestAlone() {
        BlockImage image = new ForwardingImage(new MemoryImage(SECTORS * 512L)) {
            @Override
            public int read(MemorySegment memory, long offset, int length, long position) throws IOException {
                return switch ((int) (position / 512)) {
                    case 1 -> throw new IOException("expected by the test");
                    case 2 -> throw new IllegalStateException("expected by the test");
                    case 3 -> throw new InternalError("expected by the test");
                    case 4 -> 0;
                    default -> super.read(memory, offset, Math.min(length, 100), position);
                };
            }

            @Override
            public int write(MemorySegment memory, long offset, int length, long position) throws IOException {
                if (position == 512) {
                    throw new IOException("expected by the test");
                }
                return super.write(memory, offset, Math.min(length, 100), position);
            }
        };
        try (BlockDisk disk = new BlockDisk(image, new BlockOptions())) {
            for (int sector = 1; sector <= 4; sector++) {
                assertThat(disk.read(sector, disk.filled(1, 0))).isEqualTo(BlkStatus.IOERR);
            }
            assertThat(disk.write(1, disk.filled(1, 1))).isEqualTo(BlkStatus.IOERR);
            assertThat(disk.device.failures()).isEqualTo(5);
            assertThat(disk.write(10, disk.filled(4, 7)))
                    .as("in parts of 100 bytes")
                    .isEqualTo(BlkStatus.OK);
            disk.assertSectors(10, 4, 7);
            assertThat(disk.ring.outstanding(0)).isZero();
        }
    }

    @Test
    void closeWaitsForWhatIsUnderWay() throws InterruptedException {
        SlowImage image = new SlowImage();
        BlockDisk disk = new BlockDisk(image, new BlockOptions());
        CountDownLatch gate = image.gate(1);
        BlockDisk.Pending write = disk.startWrite(0, 1, disk.filled(1, 1));
        Thread closer = new Thread(disk.device::close);
        closer.start();
        while (closer.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        assertThat(image.writes).hasValue(0);
        gate.countDown();
        closer.join();
        assertThat(image.writes).hasValue(1);
        assertThat(write.await()).isEqualTo(BlkStatus.OK);
        disk.close();
    }

    @Test
    void aSharedEngineOutlivesItsDevices() {
        try (IoEngine engine = new ThreadPoolEngine("shared", 4)) {
            for (int i = 0; i < 3; i++) {
                try (BlockDisk disk = new BlockDisk(new SlowImage(), new BlockOptions().engine(engine))) {
                    assertThat(disk.write(1, disk.filled(1, 1))).isEqualTo(BlkStatus.OK);
                    assertThat(disk.start(0, BlkRequest.T_FLUSH, 0, false).await())
                            .isEqualTo(BlkStatus.OK);
                }
            }
        }
    }
}
