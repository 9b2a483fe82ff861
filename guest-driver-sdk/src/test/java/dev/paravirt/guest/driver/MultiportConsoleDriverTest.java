// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.transport.Loss;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.console.ConsoleControl;
import dev.paravirt.spec.console.ConsoleFeatures;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The multiport driver against a device that says what the test says. */
@Timeout(60)
class MultiportConsoleDriverTest {
    static final List<FeatureBits> FORMATS = ConsoleDriverTest.FORMATS;

    private static final int MOST_ROUNDS = 50;

    private final FakeMachine machine = new FakeMachine();
    private final FakeMultiportConsole console = new FakeMultiportConsole(machine);

    private MultiportConsoleDriver start(FeatureBits rings) throws DeviceException {
        machine.serveWith(console::serve);
        return MultiportConsoleDriver.start(
                console,
                machine,
                MultiportConsoleDriverOptions.DEFAULT.withFeatures(rings).withBuffers(4, 512));
    }

    /** What the device has heard, also what it was not notified of. */
    private List<String> heard() {
        console.serve();
        return console.heard;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String name(MultiportConsoleDriver driver, int port) {
        byte[] name = new byte[driver.nameLength(port)];
        assertThat(driver.copyName(port, name, 0)).isEqualTo(name.length);
        return new String(name, StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void answersAsTheSpecificationSays(FeatureBits rings) throws DeviceException {
        MultiportConsoleDriver driver = start(rings);
        assertThat(driver.ports()).isEqualTo(3);
        assertThat(heard()).containsExactly("DEVICE_READY 0 1");
        heard().clear();
        long before = driver.changes();
        console.say(1, ConsoleControl.DEVICE_ADD, 0);
        assertThat(driver.isPresent(1)).isFalse();
        assertThat(driver.poll()).isTrue();
        assertThat(driver.isPresent(1)).isTrue();
        assertThat(heard()).containsExactly("PORT_READY 1 1");
        console.say(1, ConsoleControl.CONSOLE_PORT, 1);
        console.say(1, ConsoleControl.PORT_NAME, 0, ascii("org.example.port\0"));
        console.say(1, ConsoleControl.RESIZE, 0, (byte) 80, (byte) 0, (byte) 44, (byte) 1);
        console.say(1, ConsoleControl.PORT_OPEN, 1);
        assertThat(driver.awaitChange(before + 1, -1)).isTrue();
        assertThat(heard()).containsExactly("PORT_READY 1 1", "PORT_OPEN 1 1");
        assertThat(driver.isConsole(1) && driver.isHostOpen(1)).isTrue();
        assertThat(driver.find("org.example.port")).isEqualTo(1);
        assertThat(driver.find("org.example")).isEqualTo(MultiportConsoleDriver.GONE);
        assertThat(driver.columns(1)).isEqualTo(80);
        assertThat(driver.rows(1)).isEqualTo(300);
        driver.open(1, false);
        assertThat(heard()).endsWith("PORT_OPEN 1 0");
        console.say(1, ConsoleControl.DEVICE_REMOVE, 0);
        assertThat(driver.poll()).isTrue();
        assertThat(driver.isPresent(1) || driver.isConsole(1)).isFalse();
        assertThat(driver.changes()).isEqualTo(before + 6);
        assertThat(driver.ignored()).isZero();
    }

    @Test
    void aNameGivesNoCommandsToATerminal() throws DeviceException {
        MultiportConsoleDriver driver = start(FeatureBits.NONE);
        console.say(0, ConsoleControl.DEVICE_ADD, 0);
        console.say(0, ConsoleControl.PORT_NAME, 0, ascii("\u001b[2J\u009b31m\u007f\n~"));
        driver.poll();
        assertThat(name(driver, 0)).isEqualTo("?[2J?31m??~");
        console.say(0, ConsoleControl.PORT_NAME, 0, ascii("x".repeat(248)));
        driver.poll();
        assertThat(name(driver, 0)).isEqualTo("x".repeat(128));
        console.say(0, ConsoleControl.PORT_NAME, 0);
        driver.poll();
        assertThat(name(driver, 0)).isEmpty();
    }

    @Test
    void messagesWithoutSenseAreCounted() throws DeviceException {
        MultiportConsoleDriver driver = start(FeatureBits.NONE);
        console.say(0, ConsoleControl.DEVICE_ADD, 0);
        driver.poll();
        heard().clear();
        console.say(0, ConsoleControl.DEVICE_ADD, 0);
        console.say(1, ConsoleControl.DEVICE_REMOVE, 0);
        console.say(2, ConsoleControl.PORT_NAME, 0, ascii("nobody"));
        driver.poll();
        console.say(-1, ConsoleControl.PORT_OPEN, 1);
        console.say(0, ConsoleControl.RESIZE, 0, (byte) 80, (byte) 0, (byte) 25);
        console.say(0, ConsoleControl.PORT_READY, 1);
        driver.poll();
        console.say(0, 777, 1);
        console.say(new byte[0]);
        console.say(new byte[7]);
        driver.poll();
        assertThat(driver.ignored()).isEqualTo(9);
        assertThat(heard()).isEmpty();
        console.say(3, ConsoleControl.DEVICE_ADD, 0);
        driver.poll();
        assertThat(driver.ignored()).isEqualTo(10);
        assertThat(heard()).containsExactly("PORT_READY 3 0");
        assertThat(driver.isPresent(0)).isTrue();
        assertThat(driver.columns(0)).isZero();
    }

    @Test
    void anyMessagesAtAllLeaveADriverThatWorks() throws DeviceException {
        MultiportConsoleDriver driver = start(FeatureBits.of(Features.RING_PACKED));
        Random random = new Random(11);
        for (int message = 0; message < 20_000; message++) {
            byte[] bytes = new byte[random.nextInt(256)];
            random.nextBytes(bytes);
            if (bytes.length > 6) {
                // Mostly ports and events that there are, or nothing would ever happen.
                bytes[0] = (byte) random.nextInt(4);
                bytes[1] = bytes[2] = bytes[3] = 0;
                bytes[4] = (byte) random.nextInt(9);
                bytes[5] = 0;
            }
            console.say(bytes);
            driver.poll();
            int port = random.nextInt(3);
            driver.write(port, bytes, 0, bytes.length);
            driver.read(port, new byte[99], 0, 99);
            assertThat(driver.nameLength(port)).isBetween(0, 128);
        }
        assertThat(driver.changes()).isGreaterThan(1000);
        driver.restart();
        console.say(1, ConsoleControl.DEVICE_ADD, 0);
        driver.poll();
        byte[] words = ascii("still here");
        assertThat(driver.write(1, words, 0, words.length)).isEqualTo(words.length);
        byte[] back = new byte[words.length];
        assertThat(driver.awaitInput(1, -1)).isTrue();
        assertThat(driver.read(1, back, 0, back.length)).isEqualTo(words.length);
        assertThat(back).isEqualTo(words);
    }

    @Test
    void aLostDeviceIsLeftAloneUntilItIsRestarted() throws DeviceException {
        MultiportConsoleDriver driver = start(FeatureBits.NONE);
        console.loss = Loss.LASTING;
        assertThat(driver.poll()).isFalse();
        console.loss = Loss.OVER;
        assertThatThrownBy(driver::poll).hasMessageContaining("was lost");
        assertThatThrownBy(() -> driver.read(0, new byte[1], 0, 1)).hasMessageContaining("was lost");
        driver.restart();
        console.say(0, ConsoleControl.DEVICE_ADD, 0);
        assertThat(driver.poll()).isTrue();
        console.loss = Loss.OVER;
        assertThatThrownBy(() -> driver.read(0, new byte[1], 0, 1)).hasMessageContaining("was lost");
    }

    @Test
    void aDeviceThatAsksForAResetOrBreaksItsRingsIsLeftAlone() throws DeviceException {
        MultiportConsoleDriver driver = start(FeatureBits.NONE);
        console.status |= DeviceStatus.DEVICE_NEEDS_RESET;
        assertThatThrownBy(() -> driver.interrupted(InterruptStatus.CONFIGURATION_CHANGE))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("asks for a reset");
        assertThatThrownBy(driver::poll).isInstanceOf(DeviceException.class);
        assertThatThrownBy(() -> driver.awaitAnyInput(0)).isInstanceOf(DeviceException.class);
        driver.restart();
        assertThat(driver.poll()).isFalse();
        // A used buffer that was never made available.
        MemoryRegion region = machine.memory.region(0);
        DriverVirtqueue control = console.ring(2);
        long used = control.deviceArea() - region.address();
        region.putInt(used + 4, 7777);
        region.putShort(used + 2, (short) 1);
        assertThatThrownBy(driver::poll)
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("broke the rules of its queues");
        assertThatThrownBy(() -> driver.open(0, true)).isInstanceOf(DeviceException.class);
        driver.restart();
        console.say(0, ConsoleControl.DEVICE_ADD, 0);
        assertThat(driver.poll()).isTrue();
    }

    @Test
    void whatCannotBeDrivenIsRefused() {
        console.offered = console.offered.without(ConsoleFeatures.MULTIPORT);
        assertThatThrownBy(() -> start(FeatureBits.NONE))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("one port only");
        console.offered = console.offered.with(ConsoleFeatures.MULTIPORT);
        console.maxPorts = 0;
        assertThatThrownBy(() -> start(FeatureBits.NONE)).hasMessageContaining("max_nr_ports of 0");
        console.maxPorts = -1;
        assertThatThrownBy(() -> start(FeatureBits.NONE)).hasMessageContaining("no queue 8");
        console.queueMaxSize = 0;
        assertThatThrownBy(() -> start(FeatureBits.NONE)).hasMessageContaining("no queue 2");
        assertThat(console.status & DeviceStatus.FAILED).isNotZero();
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void bytesAndNewsAllocateNothing(FeatureBits rings) throws DeviceException {
        MultiportConsoleDriver driver = start(rings);
        console.notes = false;
        console.say(0, ConsoleControl.DEVICE_ADD, 0);
        driver.poll();
        byte[] add = {1, 0, 0, 0, ConsoleControl.DEVICE_ADD, 0, 0, 0};
        byte[] remove = {1, 0, 0, 0, ConsoleControl.DEVICE_REMOVE, 0, 0, 0};
        byte[] bytes = new byte[1000];
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = Long.MAX_VALUE;
        for (int round = 0; round < MOST_ROUNDS && allocated > 0; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            long overhead = threads.getCurrentThreadAllocatedBytes() - before;
            before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 2_000; i++) {
                int written = driver.write(0, bytes, 0, bytes.length);
                for (int read = 0; read < written; ) {
                    driver.awaitInput(0, -1);
                    read += driver.read(0, bytes, 0, bytes.length);
                }
                console.say((i & 1) == 0 ? add : remove);
                driver.poll();
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before - overhead;
        }
        assertThat(allocated).isZero();
    }
}
