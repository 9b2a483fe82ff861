// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.rings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.guest.driver.DeviceInitialization;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.ConfigSnapshot;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.integration.blk.RingFeatures;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.queue.traffic.RequestDriver;
import dev.paravirt.queue.traffic.Traffic;
import dev.paravirt.spec.FeatureBits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** The driver of an {@link EchoBackend}: sends each queue its load, and compares notes with the device afterwards. */
final class RingGuest {
    private static final long RESET_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final int ALIGNMENT = 64;

    private final Transport transport;
    private final Platform platform;
    private final int combination;
    private final VirtqueueFormat format;
    private final ConfigSnapshot notes;
    private final List<DriverVirtqueue> queues = new ArrayList<>();

    /** Sends all the traffic that there is through a device, and resets it. */
    static void run(Transport transport, Platform platform, int combination) throws DeviceException {
        RingGuest guest = new RingGuest(transport, platform, combination);
        for (int queue = 0; queue < RingLoad.ALL.size(); queue++) {
            guest.exchange(queue);
        }
        transport.reset(RESET_NANOS);
    }

    /** The same for the first device that is reached by hypercall. */
    static void run(JvmPlatform platform, int combination) throws DeviceException {
        Hypercalls hypercalls = Hypercalls.attach(platform, platform);
        int device = hypercalls.find(EchoBackend.DEVICE_TYPE, 0);
        run(HypercallTransport.open(hypercalls, platform, device), platform, combination);
    }

    private RingGuest(Transport transport, Platform platform, int combination) throws DeviceException {
        this.transport = transport;
        this.platform = platform;
        this.combination = combination;
        int[] fields = IntStream.range(0, transport.configSize() / Long.BYTES)
                .flatMap(field -> IntStream.of(field * Long.BYTES, Long.BYTES))
                .toArray();
        notes = new ConfigSnapshot(transport.configSize(), fields);
        FeatureBits wanted = RingFeatures.of(combination).and(VirtqueueFormat.FEATURES);
        FeatureBits accepted = DeviceInitialization.begin(transport, EchoBackend.DEVICE_TYPE, wanted, RESET_NANOS);
        assertThat(accepted.and(VirtqueueFormat.FEATURES)).isEqualTo(wanted);
        format = VirtqueueFormat.of(accepted);
        transport.readConfig(notes, notes.size());
        transport.setConfigurationLine(InterruptWait.LINE);
        for (RingLoad load : RingLoad.ALL) {
            setUp(load);
        }
        DeviceInitialization.finish(transport);
    }

    private void setUp(RingLoad load) throws DeviceException {
        int index = queues.size();
        assertThat(note(index, EchoBackend.REQUESTS))
                .as("requests after a reset")
                .isZero();
        int size = load.size(format);
        assertThat(transport.queueMaxSize(index)).isGreaterThanOrEqualTo(size);
        int indirectCapacity = format.indirect() ? Math.min(load.parts(), size) : 0;
        int bytes = DriverVirtqueue.memorySize(size, format, indirectCapacity);
        DriverVirtqueue queue =
                DriverVirtqueue.create(index, size, format, platform.allocate(bytes, ALIGNMENT), indirectCapacity);
        transport.setUpQueue(queue, InterruptWait.LINE);
        queues.add(queue);
    }

    private void exchange(int index) throws DeviceException {
        RingLoad load = RingLoad.ALL.get(index);
        DriverVirtqueue queue = queues.get(index);
        Traffic traffic = load.traffic(format, combination * 31L + index);
        RequestDriver driver =
                new RequestDriver(queue, platform.allocate(traffic.memorySize(), ALIGNMENT), traffic, format.inOrder());
        try {
            driver.run(new InterruptWait(transport, platform, queue, load.pauseNanos()));
        } catch (AssertionError | RuntimeException failure) {
            throw new AssertionError(
                    failure.getMessage() + " [" + format + ", " + load + ", after " + driver.completed() + "]",
                    failure);
        }
        assertThat(driver.completed()).isEqualTo(load.requests());
        assertThat(queue.poll()).isEqualTo(DriverVirtqueue.NONE);
        assertThat(queue.free()).isEqualTo(queue.size());
        transport.readConfig(notes, notes.size());
        assertThat(note(index, EchoBackend.REQUESTS)).isEqualTo(load.requests());
        assertThat(note(index, EchoBackend.READ_SUM)).as("sum of what was read").isEqualTo(driver.readableSum());
        assertThat(note(index, EchoBackend.FREE_WRITTEN_SUM))
                .as("sum of what was written")
                .isEqualTo(driver.freeWrittenSum());
    }

    private long note(int queue, int field) {
        return notes.get64(queue * EchoBackend.CONFIG_SIZE_PER_QUEUE + field);
    }
}
