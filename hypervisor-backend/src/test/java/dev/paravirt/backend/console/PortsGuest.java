// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.CountingInterrupt;
import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.MovableQueues;
import dev.paravirt.backend.device.Outcome;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.backend.device.TestMemory;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.console.ConsoleControl;
import dev.paravirt.spec.console.ConsoleFeatures;
import dev.paravirt.spec.console.ConsoleQueues;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A console with many ports in a session, and its driver, which sends what the test says. */
final class PortsGuest implements AutoCloseable {
    static final int SIZE = 8;
    static final FeatureBits FEATURES =
            FeatureBits.of(Features.VERSION_1, ConsoleFeatures.SIZE, ConsoleFeatures.MULTIPORT);

    final TestMemory memory = new TestMemory();
    private final QueueWorker worker = QueueWorker.start("console under test");
    final MultiportConsoleDevice device;
    final DeviceSession session;
    final DmaBuffer heard = memory.allocate(128);

    @SuppressWarnings("NullAway.Init")
    DriverVirtqueue receive;

    @SuppressWarnings("NullAway.Init")
    DriverVirtqueue transmit;

    PortsGuest(int ports) {
        device = new MultiportConsoleDevice(ports);
        session = DeviceSession.start(device, memory.guest(), Features.MMIO, new CountingInterrupt(), List.of(worker));
    }

    void start() {
        TestDriver driver = new TestDriver(session, memory, FEATURES).negotiate();
        receive = queue(ConsoleQueues.CONTROL_RECEIVE);
        transmit = queue(ConsoleQueues.CONTROL_TRANSMIT);
        driver.driverOk();
    }

    DriverVirtqueue queue(int index) {
        DriverVirtqueue queue = ring(index);
        assertThat(session.setUpQueue(index, SIZE, queue.descriptorArea(), queue.driverArea(), queue.deviceArea()))
                .isEqualTo(Outcome.DONE);
        return queue;
    }

    private DriverVirtqueue ring(int index) {
        VirtqueueFormat format = VirtqueueFormat.of(FEATURES);
        return DriverVirtqueue.create(
                index, SIZE, format, memory.allocate(DriverVirtqueue.memorySize(SIZE, format, 0)), 0);
    }

    /** Has the device go on with control queues, of which no buffer was used so far. */
    void resume() {
        receive = resume(ConsoleQueues.CONTROL_RECEIVE);
        transmit = resume(ConsoleQueues.CONTROL_TRANSMIT);
    }

    DriverVirtqueue resume(int index) {
        DriverVirtqueue queue = ring(index);
        assertThat(new MovableQueues(session)
                        .resume(
                                index,
                                SIZE,
                                queue.descriptorArea(),
                                queue.driverArea(),
                                queue.deviceArea(),
                                0,
                                null,
                                null))
                .isEqualTo(Outcome.DONE);
        return queue;
    }

    void publish(DriverVirtqueue queue) {
        if (queue.publish()) {
            session.notifyQueue(queue.index());
        }
    }

    static void awaitUsed(DriverVirtqueue queue) {
        TestDriver.await("a used buffer", () -> queue.poll() != DriverVirtqueue.NONE);
    }

    /** Sends a message of so many bytes, and waits until it was heard. */
    void send(int id, int event, int value, int length) {
        DmaBuffer message = memory.allocate(Math.max(length, ConsoleControl.SIZE));
        message.putInt(ConsoleControl.ID, id);
        message.putShort(ConsoleControl.EVENT, (short) event);
        message.putShort(ConsoleControl.VALUE, (short) value);
        assertThat(transmit.addReadable(message.address(), length, 1)).isTrue();
        publish(transmit);
        awaitUsed(transmit);
    }

    void send(int id, int event, int value) {
        send(id, event, value, ConsoleControl.SIZE);
    }

    /** Makes one buffer available and waits for the message in it. */
    String hear() {
        assertThat(receive.addWritable(heard.address(), heard.size(), 1)).isTrue();
        publish(receive);
        awaitUsed(receive);
        int event = heard.getShort(ConsoleControl.EVENT);
        String words = ConsoleControl.describeEvent(event) + " " + heard.getInt(ConsoleControl.ID) + " "
                + heard.getShort(ConsoleControl.VALUE);
        int more = receive.usedLength() - ConsoleControl.SIZE;
        if (event == ConsoleControl.RESIZE) {
            return words + " " + heard.getShort(ConsoleControl.RESIZE_COLS) + "x"
                    + heard.getShort(ConsoleControl.RESIZE_ROWS);
        }
        byte[] rest = new byte[more];
        heard.get(ConsoleControl.SIZE, rest, 0, more);
        return more == 0 ? words : words + " " + new String(rest, StandardCharsets.UTF_8);
    }

    void ready() {
        send(0, ConsoleControl.DEVICE_READY, 1);
    }

    @Override
    public void close() {
        session.close();
        worker.close();
        memory.close();
    }
}
