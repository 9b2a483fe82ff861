// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A request allocates nothing. */
class AllocationTest {
    /** Until the code is compiled the JVM itself allocates: for memory accesses, not for requests. */
    private static final int MOST_ROUNDS = 50;

    private static final int REQUESTS = 2_000;

    @ParameterizedTest
    @EnumSource
    void requestsAllocateNothing(Rig.Way way) throws IOException {
        Rig rig = new Rig(way);
        BlockDriver driver = rig.start(BlockDriverOptions.DEFAULT.withSpin(0));
        rig.device.notes = false;
        rig.device.answer = BlkStatus.OK;
        DmaBuffer buffer = rig.buffer(2, 1);
        BufferChain pieces =
                new BufferChain(2).addWritable(buffer.slice(0, 512)).addWritable(buffer.slice(512, 512));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = Long.MAX_VALUE;
        for (int round = 0; round < MOST_ROUNDS && allocated > 0; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            long overhead = threads.getCurrentThreadAllocatedBytes() - before;
            before = threads.getCurrentThreadAllocatedBytes();
            work(driver, buffer, pieces);
            allocated = threads.getCurrentThreadAllocatedBytes() - before - overhead;
        }
        assertThat(allocated).isZero();
        assertThat(driver.completions(0)).isGreaterThan(REQUESTS);
    }

    private static void work(BlockDriver driver, DmaBuffer buffer, BufferChain pieces) throws IOException {
        for (int i = 0; i < REQUESTS; i++) {
            driver.write(i & 1023, buffer);
            driver.flush();
            int submitted = 0;
            submitted += driver.submitRead(0, i & 1023, buffer) >= 0 ? 1 : 0;
            submitted += driver.submitRead(0, i & 1023, pieces) >= 0 ? 1 : 0;
            submitted += driver.submitWriteZeroes(0, i & 1023, 1, true) >= 0 ? 1 : 0;
            driver.kick(0);
            while (submitted > 0) {
                if (driver.await(0, -1) && driver.poll(0) >= 0) {
                    submitted--;
                }
            }
        }
    }
}
