// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.paravirt.backend.device.Outcome;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.console.ConsoleControl;
import dev.paravirt.spec.console.ConsoleQueues;
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

    private final PortsGuest guest = new PortsGuest(3);

    @AfterEach
    void end() {
        guest.close();
    }

    @Test
    void aPortIsAnnouncedThenDescribed() {
        TestEnd end = new TestEnd(true);
        assertThat(guest.device.addConsole(end, "Grüße")).isZero();
        assertThat(guest.device.addPort(new TestEnd(true), "")).isEqualTo(1);
        end.line().resized(80, 25);
        guest.start();
        guest.ready();
        assertThat(guest.hear()).isEqualTo("DEVICE_ADD 0 0");
        assertThat(guest.hear()).isEqualTo("DEVICE_ADD 1 0");
        guest.send(0, ConsoleControl.PORT_READY, 1);
        assertThat(guest.hear()).isEqualTo("CONSOLE_PORT 0 1");
        assertThat(guest.hear()).isEqualTo("PORT_NAME 0 0 Grüße");
        assertThat(guest.hear()).isEqualTo("RESIZE 0 0 80x25");
        assertThat(guest.hear()).isEqualTo("PORT_OPEN 0 1");
        guest.send(1, ConsoleControl.PORT_READY, 1);
        assertThat(guest.hear()).isEqualTo("PORT_OPEN 1 1");
        assertThat(guest.device.ignored()).isZero();
    }

    @Test
    void aDriverThatReadsNoMessagesFillsNoMemoryAndLearnsTheLast() {
        TestEnd end = new TestEnd(true);
        guest.device.addConsole(end, "");
        guest.start();
        guest.ready();
        assertThat(guest.hear()).isEqualTo("DEVICE_ADD 0 0");
        guest.send(0, ConsoleControl.PORT_READY, 1);
        for (int i = 0; i < 100_000; i++) {
            end.line().resized(i & 0x7fff, 25);
            end.line().hostOpen((i & 1) == 0);
        }
        assertThat(guest.hear()).isEqualTo("CONSOLE_PORT 0 1");
        assertThat(guest.hear()).isEqualTo("RESIZE 0 0 " + (99_999 & 0x7fff) + "x25");
        assertThat(guest.hear()).isEqualTo("PORT_OPEN 0 0");
        end.line().hostOpen(true);
        assertThat(guest.hear()).isEqualTo("PORT_OPEN 0 1");
    }

    @Test
    void aNumberIsFreeAgainWhenTheDriverKnowsThatItIs() {
        TestEnd end = new TestEnd(true);
        guest.start();
        guest.ready();
        assertThat(guest.device.addPort(end, "first")).isZero();
        assertThat(guest.hear()).isEqualTo("DEVICE_ADD 0 0");
        guest.device.removePort(0);
        assertThat(end.closed).isTrue();
        assertThat(guest.device.addPort(new TestEnd(true), "")).isEqualTo(1);
        assertThat(guest.hear()).isEqualTo("DEVICE_REMOVE 0 0");
        assertThat(guest.hear()).isEqualTo("DEVICE_ADD 1 0");
        assertThat(guest.device.addPort(new TestEnd(true), "again")).isZero();
        assertThat(guest.hear()).isEqualTo("DEVICE_ADD 0 0");
        // A port that the driver never heard of leaves without a word.
        assertThat(guest.device.addPort(new TestEnd(true), "")).isEqualTo(2);
        assertThatIllegalStateException().isThrownBy(() -> guest.device.addPort(new TestEnd(true), ""));
        guest.device.removePort(2);
        guest.send(0, ConsoleControl.PORT_READY, 1);
        assertThat(guest.hear()).isIn("PORT_NAME 0 0 again", "DEVICE_ADD 2 0");
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
        guest.device.addPort(new TestEnd(true), "");
        guest.start();
        guest.send(id, event, value, length);
        assertThat(guest.device.ignored()).as(what).isEqualTo(1);
        assertThat(guest.session.status() & DeviceStatus.DEVICE_NEEDS_RESET).isZero();
        guest.ready();
        assertThat(guest.hear()).isEqualTo("DEVICE_ADD 0 0");
        guest.ready();
        guest.send(0, ConsoleControl.PORT_READY, 1);
        guest.send(0, ConsoleControl.PORT_READY, 1);
        assertThat(guest.hear()).isEqualTo("PORT_OPEN 0 1");
        assertThat(guest.device.ignored()).isEqualTo(3);
        guest.send(0, ConsoleControl.PORT_OPEN, 2);
        assertThat(guest.device.ignored()).isEqualTo(4);
    }

    @Test
    void aControlBufferWithoutRoomNeedsAReset() {
        guest.device.addPort(new TestEnd(true), "");
        guest.start();
        guest.ready();
        assertThat(guest.receive.addWritable(guest.heard.address(), ConsoleControl.SIZE - 1, 1))
                .isTrue();
        guest.publish(guest.receive);
        TestDriver.await("DEVICE_NEEDS_RESET", () -> (guest.session.status() & DeviceStatus.DEVICE_NEEDS_RESET) != 0);
        assertThat(guest.session.setStatus(0)).isEqualTo(Outcome.DONE);
        TestDriver.await("the reset", () -> guest.session.status() == 0);
        guest.start();
        guest.ready();
        assertThat(guest.hear()).isEqualTo("DEVICE_ADD 0 0");
    }

    @Test
    void outputOfAPortThatGoesOrNeverWasComesBack() {
        guest.device.addPort(new TestEnd(false), "");
        TestDriver driver = new TestDriver(guest.session, guest.memory, PortsGuest.FEATURES).negotiate();
        DriverVirtqueue first = guest.queue(ConsoleQueues.transmit(0));
        DriverVirtqueue second = guest.queue(ConsoleQueues.transmit(1));
        driver.driverOk();
        assertThat(second.addReadable(guest.heard.address(), 8, 1)).isTrue();
        guest.publish(second);
        PortsGuest.awaitUsed(second);
        for (int buffer = 0; buffer < PortsGuest.SIZE; buffer++) {
            assertThat(first.addReadable(guest.heard.address(), 8, buffer)).isTrue();
        }
        guest.publish(first);
        TestDriver.await(
                "waiting output", () -> guest.session.counters(first.index()).requests() == PortsGuest.SIZE);
        assertThat(first.poll()).isEqualTo(DriverVirtqueue.NONE);
        guest.device.removePort(0);
        for (int buffer = 0; buffer < PortsGuest.SIZE; buffer++) {
            PortsGuest.awaitUsed(first);
        }
        assertThat(guest.device.sent(0)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u001b[2J", "a\u0000b", "\u009b31m", "line\nfeed", "\u202egnp.exe", "\ud800"})
    void aNameIsNoCommandToATerminal(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> guest.device.addPort(new TestEnd(true), name))
                .withMessageMatching("[^\\p{Cntrl}]*\\\\u\\{[0-9a-f]+}[^\\p{Cntrl}]*");
    }

    @Test
    void aNameHasItsLimit() {
        assertThat(guest.device.addPort(new TestEnd(true), "ü".repeat(50))).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> guest.device.addPort(new TestEnd(true), "ü".repeat(51)));
        assertThatIllegalArgumentException().isThrownBy(() -> guest.device.removePort(1));
        assertThatIllegalArgumentException().isThrownBy(() -> guest.device.removePort(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new MultiportConsoleDevice(0));
        assertThatIllegalArgumentException().isThrownBy(() -> new MultiportConsoleDevice(65));
    }
}
