// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.Interrupt;
import dev.paravirt.backend.device.Outcome;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.backend.device.TestMemory;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.console.ConsoleConfig;
import dev.paravirt.spec.console.ConsoleFeatures;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The console device behind real rings, driven by hand. */
@Timeout(60)
class ConsoleDeviceTest {
    private static final int SIZE = 8;
    private static final FeatureBits CONSOLE =
            FeatureBits.of(Features.VERSION_1, ConsoleFeatures.SIZE, ConsoleFeatures.EMERG_WRITE);

    static final List<FeatureBits> FORMATS = List.of(
            CONSOLE,
            CONSOLE.with(Features.RING_PACKED),
            CONSOLE.or(VirtqueueFormat.FEATURES),
            CONSOLE.or(VirtqueueFormat.FEATURES).without(Features.RING_PACKED));

    private final AtomicInteger changes = new AtomicInteger();
    private final ScriptedEnd end = new ScriptedEnd();
    private final ConsoleDevice device = new ConsoleDevice(end, 80, 25);
    private final TestMemory memory = new TestMemory();
    private final QueueWorker worker = QueueWorker.start("console under test");
    private final DeviceSession session =
            DeviceSession.start(device, memory.guest(), Features.MMIO, interrupt(), List.of(worker));

    @SuppressWarnings("NullAway.Init")
    private DriverVirtqueue receive;

    @SuppressWarnings("NullAway.Init")
    private DriverVirtqueue transmit;

    @AfterEach
    void end() {
        session.close();
        assertThat(end.isClosed()).isTrue();
        worker.close();
        memory.close();
    }

    private Interrupt interrupt() {
        return new Interrupt() {
            @Override
            public void usedBuffer(int queue) {}

            @Override
            public void configurationChanged() {
                changes.incrementAndGet();
            }
        };
    }

    private void start(FeatureBits features) {
        TestDriver driver = new TestDriver(session, memory, features).negotiate();
        receive = queue(0, features);
        transmit = queue(1, features);
        driver.driverOk();
    }

    private DriverVirtqueue queue(int index, FeatureBits features) {
        VirtqueueFormat format = VirtqueueFormat.of(features);
        DriverVirtqueue queue = DriverVirtqueue.create(
                index, SIZE, format, memory.allocate(DriverVirtqueue.memorySize(SIZE, format, 0)), 0);
        assertThat(session.setUpQueue(index, SIZE, queue.descriptorArea(), queue.driverArea(), queue.deviceArea()))
                .isEqualTo(Outcome.DONE);
        return queue;
    }

    private void publish(DriverVirtqueue queue) {
        if (queue.publish()) {
            session.notifyQueue(queue.index());
        }
    }

    private void say(String text, int token) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        DmaBuffer buffer = memory.allocate(bytes.length);
        buffer.put(0, bytes, 0, bytes.length);
        assertThat(transmit.addReadable(buffer.address(), bytes.length, token)).isTrue();
        publish(transmit);
    }

    private DmaBuffer listen(int bytes, int token) {
        DmaBuffer buffer = memory.allocate(bytes);
        assertThat(receive.addWritable(buffer.address(), bytes, token)).isTrue();
        publish(receive);
        return buffer;
    }

    private static int awaitUsed(DriverVirtqueue queue) {
        int[] token = {DriverVirtqueue.NONE};
        TestDriver.await("a used buffer", () -> {
            token[0] = queue.poll();
            return token[0] != DriverVirtqueue.NONE;
        });
        return token[0];
    }

    private void awaitRequests(int queue, long count) {
        TestDriver.await("requests", () -> session.counters(queue).requests() == count);
    }

    private static String text(DmaBuffer buffer, int length) {
        byte[] bytes = new byte[length];
        buffer.get(0, bytes, 0, length);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void outputIsGivenBackWhenTheEndHasTakenAllOfIt(FeatureBits features) {
        start(features);
        say("one ", 1);
        say("two ", 2);
        awaitRequests(1, 2);
        end.permit(3);
        assertThat(transmit.poll()).isEqualTo(DriverVirtqueue.NONE);
        end.permit(1);
        assertThat(awaitUsed(transmit)).isEqualTo(1);
        assertThat(transmit.usedLength()).isZero();
        end.permit(100);
        assertThat(awaitUsed(transmit)).isEqualTo(2);
        say("three", 3);
        assertThat(awaitUsed(transmit)).isEqualTo(3);
        assertThat(end.text()).isEqualTo("one two three");
        assertThat(device.sent()).isEqualTo(13);
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void inputFillsBuffersInOrderAndWaitsForThem(FeatureBits features) {
        assertThat(end.input("nobody listens")).isZero();
        start(features);
        TestDriver.await("a call for input", () -> end.inputWanted.get() == 1);
        DmaBuffer first = listen(4, 1);
        assertThat(end.input("abcdefghij")).isEqualTo(10);
        assertThat(awaitUsed(receive)).isEqualTo(1);
        assertThat(receive.usedLength()).isEqualTo(4);
        assertThat(text(first, 4)).isEqualTo("abcd");
        DmaBuffer second = listen(4, 2);
        assertThat(awaitUsed(receive)).isEqualTo(2);
        assertThat(receive.usedLength()).isEqualTo(4);
        assertThat(text(second, 4)).isEqualTo("efgh");
        DmaBuffer third = listen(4, 3);
        assertThat(awaitUsed(receive)).isEqualTo(3);
        assertThat(receive.usedLength()).isEqualTo(2);
        assertThat(text(third, 2)).isEqualTo("ij");
        assertThat(device.received()).isEqualTo(10);
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void inputIsBoundedAndWantedAgain(FeatureBits features) {
        start(features);
        assertThat(end.input("nobody, maybe")).isIn(0, 13);
        TestDriver.await("a running queue", () -> end.input("x") == 1);
        int before = end.inputWanted.get();
        while (end.input("0123456789abcdef") == 16) {
            assertThat(device.received()).isZero();
        }
        assertThat(end.inputWanted).hasValue(before);
        DmaBuffer buffer = memory.allocate(40_000);
        while (device.received() < 160_000) {
            assertThat(receive.addWritable(buffer.address(), buffer.size(), 1)).isTrue();
            publish(receive);
            assertThat(awaitUsed(receive)).isEqualTo(1);
            assertThat(receive.usedLength()).isEqualTo(buffer.size());
        }
        TestDriver.await("a call for input", () -> end.inputWanted.get() == before + 1);
        assertThat(end.input("more")).isEqualTo(4);
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void aResetTakesWaitingBuffersBack(FeatureBits features) throws InterruptedException {
        start(features);
        listen(4, 1);
        say("not taken", 2);
        awaitRequests(1, 1);
        end.permit(3);
        assertThat(session.setStatus(0)).isEqualTo(Outcome.DONE);
        assertThat(session.awaitStopped(30_000_000_000L)).isTrue();
        assertThat(session.status()).isZero();
        assertThat(end.input("nobody")).isZero();
        end.permit(100);
        start(features);
        say(", anew", 1);
        assertThat(awaitUsed(transmit)).isEqualTo(1);
        assertThat(end.text()).isEqualTo("not, anew");
        DmaBuffer buffer = listen(8, 2);
        TestDriver.await("a call for input", () -> end.inputWanted.get() == 1);
        assertThat(end.input("back")).isEqualTo(4);
        assertThat(awaitUsed(receive)).isEqualTo(2);
        assertThat(text(buffer, 4)).isEqualTo("back");
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void aReceiveBufferOfTheWrongDirectionNeedsAReset(FeatureBits features) {
        start(features);
        DmaBuffer buffer = memory.allocate(8);
        assertThat(receive.add(new BufferChain(1).addReadable(buffer), 1)).isTrue();
        publish(receive);
        TestDriver.await("a running queue", () -> end.input("x") == 1);
        TestDriver.await("DEVICE_NEEDS_RESET", () -> (session.status() & DeviceStatus.DEVICE_NEEDS_RESET) != 0);
        assertThat(session.setStatus(0)).isEqualTo(Outcome.DONE);
        TestDriver.await("the reset", () -> session.status() == 0);
        start(features);
        DmaBuffer usable = listen(8, 1);
        assertThat(awaitUsed(receive)).isEqualTo(1);
        assertThat(text(usable, 1)).isEqualTo("x");
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void aBufferOfTheWrongDirectionNeedsAReset(FeatureBits features) {
        start(features);
        DmaBuffer buffer = memory.allocate(8);
        assertThat(transmit.add(new BufferChain(1).addWritable(buffer), 1)).isTrue();
        publish(transmit);
        TestDriver.await("DEVICE_NEEDS_RESET", () -> (session.status() & DeviceStatus.DEVICE_NEEDS_RESET) != 0);
        assertThat(session.setStatus(0)).isEqualTo(Outcome.DONE);
        TestDriver.await("the reset", () -> session.status() == 0);
    }

    @Test
    void anEmergencyNeedsNoDriverAndGoesAhead() {
        byte[] words = {'a', 0, 0, 0};
        session.writeConfig(ConsoleConfig.EMERG_WR, words, 0, 4);
        start(CONSOLE);
        say("said", 1);
        awaitRequests(1, 1);
        words[0] = 'b';
        session.writeConfig(ConsoleConfig.EMERG_WR, words, 0, 4);
        session.writeConfig(ConsoleConfig.COLS, words, 0, 4);
        end.permit(100);
        assertThat(awaitUsed(transmit)).isEqualTo(1);
        assertThat(end.text()).isEqualTo("absaid");
        for (int i = 0; i < 5000; i++) {
            session.writeConfig(ConsoleConfig.EMERG_WR, words, 0, 1);
        }
        assertThat(device.dropped()).isBetween(1L, 4999L);
        byte[] config = new byte[ConsoleConfig.SIZE];
        session.readConfig(0, config, 0, config.length);
        assertThat(config).containsExactly(80, 0, 25, 0, 1, 0, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void aResizeIsSeenAndNotified() {
        start(CONSOLE);
        int before = session.configGeneration();
        device.resize(300, 50);
        byte[] config = new byte[4];
        assertThat(session.readConfig(0, config, 0, 4)).isNotEqualTo(before);
        assertThat(config).containsExactly(44, 1, 50, 0);
        assertThat(changes).hasValue(1);
    }
}
