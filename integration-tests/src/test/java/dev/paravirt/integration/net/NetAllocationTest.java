// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.OutgoingFrame;
import dev.paravirt.guest.driver.ReceivedFrame;
import dev.paravirt.guest.platform.DeviceException;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A frame from our driver through our device and back leaves the heap alone, on both threads. */
@Timeout(60)
class NetAllocationTest {
    private static final int FRAMES = 20_000;
    private static final int ROUNDS = 40;
    private static final int BATCH = 16;

    private final byte[] content = NetFrames.frame(1, NetFrames.station(2), NetFrames.station(1), 200);
    private final ReceivedFrame[] burst = new ReceivedFrame[BATCH];

    /** Split and packed, with the event index and without, in order. */
    @ParameterizedTest
    @ValueSource(ints = {8, 9, 12, 13})
    void thereAndBack(int combination) throws DeviceException {
        NetDevice device = new NetDevice(new EchoBackend(), new NetOptions(NetFrames.text(NetFrames.station(1))));
        try (NetStation station = NetStation.start(device, NetRings.options(combination))) {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            double best = Double.MAX_VALUE;
            // The best of a few rounds: the compilers allocate too, and may finish in the middle of one.
            for (int round = 0; round < ROUNDS && best >= 0.1; round++) {
                long before = threads.getTotalThreadAllocatedBytes();
                for (int frames = 0; frames < FRAMES; frames += BATCH) {
                    exchange(station.driver());
                }
                best = Math.min(best, (threads.getTotalThreadAllocatedBytes() - before) / (double) FRAMES);
            }
            assertThat(best).as("bytes a frame").isLessThan(0.1);
            assertThat(device.sent().drops() + device.received().drops()).isZero();
        }
    }

    private void exchange(NetDriver driver) {
        for (int i = 0; i < BATCH; i++) {
            OutgoingFrame frame = driver.take(0);
            while (frame == null) {
                Thread.onSpinWait();
                frame = driver.take(0);
            }
            driver.send(frame.put(content, 0, content.length));
        }
        driver.kick(0);
        int received = 0;
        // Without sleep, for which the carrier keeps a list of who sleeps.
        while (received < BATCH) {
            int count = driver.receive(0, burst);
            for (int i = 0; i < count; i++) {
                driver.release(burst[i]);
            }
            received += count;
        }
    }
}
