// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import static dev.paravirt.spec.DeviceStatus.ACKNOWLEDGE;
import static dev.paravirt.spec.DeviceStatus.DRIVER;
import static dev.paravirt.spec.DeviceStatus.FEATURES_OK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** A session of a device with two queues and a gap between them, all served by one worker. */
abstract class SessionUnderTest {
    static final FeatureBits SPLIT = FeatureBits.of(Features.VERSION_1, Features.RING_RESET, 0);
    static final FeatureBits PACKED = SPLIT.with(Features.RING_PACKED);
    static final FeatureBits EVERYTHING = VirtqueueFormat.FEATURES.with(Features.VERSION_1);
    static final int UP = ACKNOWLEDGE | DRIVER;
    static final int READY = UP | FEATURES_OK;

    static final List<FeatureBits> FORMATS =
            List.of(SPLIT, PACKED, EVERYTHING, EVERYTHING.without(Features.RING_PACKED));

    final TestMemory memory = new TestMemory();
    final CountingInterrupt interrupt = new CountingInterrupt();
    final TestDevice device = new TestDevice(8, 0, 16);
    final QueueWorker worker = QueueWorker.start("worker under test");
    final DeviceSession session =
            DeviceSession.start(device, memory.guest(), Features.MMIO, interrupt, List.of(worker));

    @AfterEach
    void end() {
        device.controlFails = false;
        device.held.forEach(TestDevice.Held::finish);
        device.held.clear();
        session.close();
        worker.close();
        memory.close();
    }

    TestDriver driver(FeatureBits features) {
        return new TestDriver(session, memory, features);
    }

    void reset() {
        assertThat(session.setStatus(0)).isEqualTo(Outcome.DONE);
        TestDriver.await("reset", () -> session.status() == 0);
    }
}
