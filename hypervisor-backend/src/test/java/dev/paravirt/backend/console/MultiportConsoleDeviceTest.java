// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.paravirt.backend.device.CountingInterrupt;
import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.Outcome;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.backend.device.TestMemory;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.console.ConsoleControl;
import dev.paravirt.spec.console.ConsoleFeatures;
import dev.paravirt.spec.console.ConsoleQueues;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The multiport device and a driver that sends what the test says. */
@Timeout(60)
class MultiportConsoleDeviceTest {
    private static final int SIZE = 8;
    private static final FeatureBits FEATURES =
            FeatureBits.of(Features.VERSION_1, ConsoleFeatures.SIZE, ConsoleFeatures.MULTIPORT);

    /** Takes nothing, or everything. */
    private static final class TestEnd implements ConsoleEnd {
        private final boolean takes;
        private @Nullable ConsoleLine line;
        private volatile boolean closed;

        TestEnd(boolean takes) {
            this.takes = takes;
        }

        @Override
        public void attach(ConsoleLine port) {
            line = port;
        }

        ConsoleLine line() {
            if (line == null) {
                throw new AssertionError("the end is not attached");
            }
            return line;
        }

        @Override
        public int write(byte[] bytes, int start, int length) {
            return takes ? length : 0;
        }

        @Override
        public void inputWanted() {}

        @Override
        public void close() {
            closed = true;
        }
    }

    private final TestMemory memory = new TestMemory();
    private final QueueWorker worker = QueueWorker.start("console under test");
    private final MultiportConsoleDevice device = new MultiportConsoleDevice(3);
    private final DeviceSession session =
            DeviceSession.start(device, memory.guest(), Features.MMIO, new CountingInterrupt(), List.of(worker));
    private final DmaBuffer heard = memory.allocate(128);

    @SuppressWarnings("NullAway.Init")
    private DriverVirtqueue receive;

    @SuppressWarnings("NullAway.Init")
    private DriverVirtqueue transmit;

    @AfterEach
    void end() {
        session.close();
        worker.close();
        memory.close();
    }

    private void start() {
        TestDriver driver = new TestDriver(session, memory, FEATURES).negotiate();
        receive = queue(ConsoleQueues.CONTROL_RECEIVE);
        transmit = queue(ConsoleQueues.CONTROL_TRANSMIT);
        driver.driverOk();
    }

    private DriverVirtqueue queue(int index) {
        VirtqueueFormat format = VirtqueueFormat.of(FEATURES);
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

    private static void awaitUsed(DriverVirtqueue queue) {
        TestDriver.await("a used buffer", () -> queue.poll() != DriverVirtqueue.NONE);
    }

    /** Sends a message of so many bytes, and waits until it was heard. */
    private void send(int id, int event, int value, int length) {
        DmaBuffer message = memory.allocate(Math.max(length, ConsoleControl.SIZE));
        message.putInt(ConsoleControl.ID, id);
        message.putShort(ConsoleControl.EVENT, (short) event);
        message.putShort(ConsoleControl.VALUE, (short) value);
        assertThat(transmit.addReadable(message.address(), length, 1)).isTrue();
        publish(transmit);
        awaitUsed(transmit);
    }

    private void send(int id, int event, int value) {
        send(id, event, value, ConsoleControl.SIZE);
    }

    /** Makes one buffer available and waits for the message in it. */
    private String hear() {
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

    private void ready() {
        send(0, ConsoleControl.DEVICE_READY, 1);
    }

    @Test
    void aPortIsAnnouncedThenDescribed() {
        TestEnd end = new TestEnd(true);
        assertThat(device.addConsole(end, "Grüße")).isZero();
        assertThat(device.addPort(new TestEnd(true), "")).isEqualTo(1);
        end.line().resized(80, 25);
        start();
        ready();
        assertThat(hear()).isEqualTo("DEVICE_ADD 0 0");
        assertThat(hear()).isEqualTo("DEVICE_ADD 1 0");
        send(0, ConsoleControl.PORT_READY, 1);
        assertThat(hear()).isEqualTo("CONSOLE_PORT 0 1");
        assertThat(hear()).isEqualTo("PORT_NAME 0 0 Grüße");
        assertThat(hear()).isEqualTo("RESIZE 0 0 80x25");
        assertThat(hear()).isEqualTo("PORT_OPEN 0 1");
        send(1, ConsoleControl.PORT_READY, 1);
        assertThat(hear()).isEqualTo("PORT_OPEN 1 1");
        assertThat(device.ignored()).isZero();
    }

    @Test
    void aDriverThatReadsNoMessagesFillsNoMemoryAndLearnsTheLast() {
        TestEnd end = new TestEnd(true);
        device.addConsole(end, "");
        start();
        ready();
        assertThat(hear()).isEqualTo("DEVICE_ADD 0 0");
        send(0, ConsoleControl.PORT_READY, 1);
        for (int i = 0; i < 100_000; i++) {
            end.line().resized(i & 0x7fff, 25);
            end.line().hostOpen((i & 1) == 0);
        }
        assertThat(hear()).isEqualTo("CONSOLE_PORT 0 1");
        assertThat(hear()).isEqualTo("RESIZE 0 0 " + (99_999 & 0x7fff) + "x25");
        assertThat(hear()).isEqualTo("PORT_OPEN 0 0");
        end.line().hostOpen(true);
        assertThat(hear()).isEqualTo("PORT_OPEN 0 1");
    }

    @Test
    void aNumberIsFreeAgainWhenTheDriverKnowsThatItIs() {
        TestEnd end = new TestEnd(true);
        start();
        ready();
        assertThat(device.addPort(end, "first")).isZero();
        assertThat(hear()).isEqualTo("DEVICE_ADD 0 0");
        device.removePort(0);
        assertThat(end.closed).isTrue();
        assertThat(device.addPort(new TestEnd(true), "")).isEqualTo(1);
        assertThat(hear()).isEqualTo("DEVICE_REMOVE 0 0");
        assertThat(hear()).isEqualTo("DEVICE_ADD 1 0");
        assertThat(device.addPort(new TestEnd(true), "again")).isZero();
        assertThat(hear()).isEqualTo("DEVICE_ADD 0 0");
        // A port that the driver never heard of leaves without a word.
        assertThat(device.addPort(new TestEnd(true), "")).isEqualTo(2);
        assertThatIllegalStateException().isThrownBy(() -> device.addPort(new TestEnd(true), ""));
        device.removePort(2);
        send(0, ConsoleControl.PORT_READY, 1);
        assertThat(hear()).isIn("PORT_NAME 0 0 again", "DEVICE_ADD 2 0");
    }

    @ParameterizedTest
    @CsvSource({
        "0, PORT_READY before it was announced, 3, 1, 8",
        "1, PORT_READY of no port, 3, 1, 8",
        "2147483647, PORT_READY of a port far away, 3, 1, 8",
        "-1, PORT_READY of a negative port, 3, 1, 8",
        "0, PORT_OPEN of a port that is not ready, 6, 1, 8",
        "0, DEVICE_READY of a driver that failed, 0, 0, 8",
        "0, a message of the device's, 1, 1, 8",
        "0, an unknown event, 65535, 1, 8",
        "0, a short message, 0, 1, 7",
        "0, a very short message, 0, 1, 1"
    })
    void aMessageWithoutSenseIsCounted(int id, String what, int event, int value, int length) {
        device.addPort(new TestEnd(true), "");
        start();
        send(id, event, value, length);
        assertThat(device.ignored()).as(what).isEqualTo(1);
        assertThat(session.status() & DeviceStatus.DEVICE_NEEDS_RESET).isZero();
        ready();
        assertThat(hear()).isEqualTo("DEVICE_ADD 0 0");
        ready();
        send(0, ConsoleControl.PORT_READY, 1);
        send(0, ConsoleControl.PORT_READY, 1);
        assertThat(hear()).isEqualTo("PORT_OPEN 0 1");
        assertThat(device.ignored()).isEqualTo(3);
        send(0, ConsoleControl.PORT_OPEN, 2);
        assertThat(device.ignored()).isEqualTo(4);
    }

    @Test
    void aControlBufferWithoutRoomNeedsAReset() {
        device.addPort(new TestEnd(true), "");
        start();
        ready();
        assertThat(receive.addWritable(heard.address(), ConsoleControl.SIZE - 1, 1))
                .isTrue();
        publish(receive);
        TestDriver.await("DEVICE_NEEDS_RESET", () -> (session.status() & DeviceStatus.DEVICE_NEEDS_RESET) != 0);
        assertThat(session.setStatus(0)).isEqualTo(Outcome.DONE);
        TestDriver.await("the reset", () -> session.status() == 0);
        start();
        ready();
        assertThat(hear()).isEqualTo("DEVICE_ADD 0 0");
    }

    @Test
    void outputOfAPortThatGoesOrNeverWasComesBack() {
        device.addPort(new TestEnd(false), "");
        TestDriver driver = new TestDriver(session, memory, FEATURES).negotiate();
        DriverVirtqueue first = queue(ConsoleQueues.transmit(0));
        DriverVirtqueue second = queue(ConsoleQueues.transmit(1));
        driver.driverOk();
        assertThat(second.addReadable(heard.address(), 8, 1)).isTrue();
        publish(second);
        awaitUsed(second);
        for (int buffer = 0; buffer < SIZE; buffer++) {
            assertThat(first.addReadable(heard.address(), 8, buffer)).isTrue();
        }
        publish(first);
        TestDriver.await("waiting output", () -> session.counters(first.index()).requests() == SIZE);
        assertThat(first.poll()).isEqualTo(DriverVirtqueue.NONE);
        device.removePort(0);
        for (int buffer = 0; buffer < SIZE; buffer++) {
            awaitUsed(first);
        }
        assertThat(device.sent(0)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u001b[2J", "a\u0000b", "\u009b31m", "line\nfeed", "\u202egnp.exe", "\ud800"})
    void aNameIsNoCommandToATerminal(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> device.addPort(new TestEnd(true), name))
                .withMessageMatching("[^\\p{Cntrl}]*\\\\u\\{[0-9a-f]+}[^\\p{Cntrl}]*");
    }

    @Test
    void aNameHasItsLimit() {
        assertThat(device.addPort(new TestEnd(true), "ü".repeat(50))).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> device.addPort(new TestEnd(true), "ü".repeat(51)));
        assertThatIllegalArgumentException().isThrownBy(() -> device.removePort(1));
        assertThatIllegalArgumentException().isThrownBy(() -> device.removePort(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new MultiportConsoleDevice(0));
        assertThatIllegalArgumentException().isThrownBy(() -> new MultiportConsoleDevice(65));
    }
}
