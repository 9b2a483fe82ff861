// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.transport.ConfigSnapshot;
import dev.paravirt.guest.transport.Loss;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.DeviceVirtqueue;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.console.ConsoleConfig;
import dev.paravirt.spec.console.ConsoleFeatures;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The console driver against a device that does what the test says. */
class ConsoleDriverTest {
    static final List<FeatureBits> FORMATS = List.of(
            FeatureBits.NONE,
            FeatureBits.of(Features.RING_PACKED),
            VirtqueueFormat.FEATURES,
            VirtqueueFormat.FEATURES.without(Features.RING_PACKED));

    private final FakeMachine machine = new FakeMachine();
    private final ScriptedConsole console = new ScriptedConsole();

    /** Transport and device in one. */
    private final class ScriptedConsole implements Transport {
        final List<String> log = new ArrayList<>();
        final StringBuilder output = new StringBuilder();
        final @Nullable DeviceVirtqueue[] queues = new @Nullable DeviceVirtqueue[2];
        final List<DescriptorChain> empty = new ArrayList<>();
        FeatureBits offered = ConsoleDriverOptions.ALL_FEATURES.with(Features.VERSION_1);
        FeatureBits accepted = FeatureBits.NONE;
        int type = 3;
        int size = ConsoleConfig.SIZE;
        int queueMaxSize = 8;
        int status;
        boolean stalls;
        int taken;
        Loss loss = Loss.NONE;
        int lossesAtStart;

        @Nullable
        DriverVirtqueue receive;

        DeviceVirtqueue queue(int index) {
            return requireNonNull(queues[index]);
        }

        /** Takes all output that there is. */
        void listen() {
            DeviceVirtqueue queue = queue(1);
            for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
                byte[] bytes = new byte[(int) chain.readableLength()];
                chain.read(0, bytes, 0, bytes.length);
                output.append(new String(bytes, StandardCharsets.US_ASCII));
                queue.push(chain, 0);
                taken++;
            }
            if (queue.publish()) {
                machine.raise(0, InterruptStatus.USED_BUFFER);
            }
        }

        void takeEmpty() {
            DeviceVirtqueue queue = queue(0);
            for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
                empty.add(chain);
            }
        }

        /** Fills one input buffer. */
        void say(String text) {
            takeEmpty();
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            DescriptorChain chain = empty.removeFirst();
            chain.write(0, bytes, 0, bytes.length);
            queue(0).push(chain, bytes.length);
            if (queue(0).publish()) {
                machine.raise(0, InterruptStatus.USED_BUFFER);
            }
        }

        /** Says to have used a buffer that was never made available. */
        void sayNonsense() {
            MemoryRegion memory = machine.memory.region(0);
            DriverVirtqueue ring = requireNonNull(receive);
            if (accepted.has(Features.RING_PACKED)) {
                long descriptor = ring.descriptorArea() - memory.address();
                memory.putShort(descriptor + 12, (short) 7777);
                memory.putShort(descriptor + 14, (short) 0x8080);
            } else {
                long used = ring.deviceArea() - memory.address();
                memory.putInt(used + 4, 7777);
                memory.putShort(used + 2, (short) 1);
            }
        }

        @Override
        public String name() {
            return "console 0";
        }

        @Override
        public int deviceType() {
            return type;
        }

        @Override
        public FeatureBits deviceFeatures() {
            return offered;
        }

        @Override
        public FeatureBits transportFeatures() {
            return VirtqueueFormat.FEATURES.with(Features.VERSION_1);
        }

        @Override
        public int configSize() {
            return size;
        }

        @Override
        public int status() {
            return status;
        }

        @Override
        public void setStatus(int value) {
            status = value;
            log.add(DeviceStatus.describe(value));
        }

        @Override
        public void reset(long timeoutNanos) {
            status = 0;
            queues[0] = null;
            queues[1] = null;
            empty.clear();
            loss = Loss.NONE;
            log.add("reset");
        }

        @Override
        public Loss loss() {
            return loss;
        }

        @Override
        public boolean negotiate(FeatureBits features, int before) throws DeviceException {
            if (lossesAtStart > 0) {
                lossesAtStart--;
                loss = Loss.OVER;
                throw new DeviceException("console 0 is gone");
            }
            accepted = features;
            status = before | DeviceStatus.FEATURES_OK;
            return true;
        }

        @Override
        public void readConfig(ConfigSnapshot snapshot, int length) {
            log.add("config " + length);
        }

        @Override
        public void writeConfig(int offset, int width, int value) {
            log.add("write " + offset + " " + width + " " + value);
        }

        @Override
        public int queueMaxSize(int queue) {
            return queue < 2 ? queueMaxSize : 0;
        }

        @Override
        public void setUpQueue(DriverVirtqueue queue, int line) {
            receive = queue.index() == 0 ? queue : receive;
            queues[queue.index()] = DeviceVirtqueue.create(
                    machine.memory,
                    queue.size(),
                    VirtqueueFormat.of(accepted),
                    queue.descriptorArea(),
                    queue.driverArea(),
                    queue.deviceArea());
        }

        @Override
        public void setConfigurationLine(int line) {}

        @Override
        public void resetQueue(int queue, long timeoutNanos) {}

        @Override
        public void notify(DriverVirtqueue queue) {
            if (queue.index() == 1 && !stalls) {
                listen();
            }
        }

        @Override
        public int takeInterrupt(int reasons) {
            return reasons;
        }
    }

    private ConsoleDriver start(FeatureBits rings) throws DeviceException {
        FeatureBits features = rings.with(ConsoleFeatures.SIZE).with(ConsoleFeatures.EMERG_WRITE);
        machine.serveWith(() -> {
            if (!console.stalls) {
                console.listen();
            }
        });
        return ConsoleDriver.start(
                console,
                machine,
                ConsoleDriverOptions.DEFAULT.withFeatures(features).withBuffers(4, 8));
    }

    private static int write(ConsoleDriver driver, String text) throws DeviceException {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return driver.write(bytes, 0, bytes.length);
    }

    private static String read(ConsoleDriver driver, int most) throws DeviceException {
        byte[] bytes = new byte[most];
        int length = driver.read(bytes, 0, most);
        return new String(bytes, 0, length, StandardCharsets.US_ASCII);
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void writesInOrderAndAsMuchAsThereIsRoomFor(FeatureBits rings) throws DeviceException {
        console.stalls = true;
        ConsoleDriver driver = start(rings);
        String text = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH";
        assertThat(write(driver, text)).isEqualTo(32);
        assertThat(write(driver, text)).isZero();
        assertThat(driver.awaitRoom(0)).isFalse();
        console.stalls = false;
        assertThat(driver.awaitRoom(-1)).isTrue();
        assertThat(write(driver, text.substring(32))).isEqualTo(12);
        assertThat(driver.awaitFlushed(-1)).isTrue();
        assertThat(console.output.toString()).isEqualTo(text);
        assertThat(console.taken).isEqualTo(6);
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void readsAcrossBuffersAndGivesThemBack(FeatureBits rings) throws DeviceException {
        ConsoleDriver driver = start(rings);
        assertThat(read(driver, 10)).isEmpty();
        StringBuilder sent = new StringBuilder();
        StringBuilder seen = new StringBuilder();
        for (int round = 0; round < 50; round++) {
            for (String text : new String[] {"a" + round, "", "bcdefghi"}) {
                console.say(text);
                sent.append(text);
            }
            assertThat(driver.awaitInput(-1)).isTrue();
            seen.append(read(driver, 3)).append(read(driver, 100));
        }
        assertThat(seen.toString()).isEqualTo(sent.toString());
        assertThat(driver.awaitInput(1_000_000)).isFalse();
    }

    @ParameterizedTest
    @FieldSource("FORMATS")
    void aDeviceThatTalksNonsenseIsNotUsedUntilItIsRestarted(FeatureBits rings) throws DeviceException {
        ConsoleDriver driver = start(rings);
        console.sayNonsense();
        assertThatThrownBy(() -> read(driver, 1)).isInstanceOf(DeviceException.class);
        assertThatThrownBy(() -> write(driver, "y"))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("console 0");
        driver.restart();
        console.say("back");
        assertThat(read(driver, 10)).isEqualTo("back");
        assertThat(write(driver, "y")).isEqualTo(1);
        assertThat(console.output.toString()).isEqualTo("y");
    }

    @Test
    void aDeviceThatAsksForAResetIsHeard() throws DeviceException {
        ConsoleDriver driver = start(FeatureBits.NONE);
        console.status |= DeviceStatus.DEVICE_NEEDS_RESET;
        machine.raise(0, InterruptStatus.CONFIGURATION_CHANGE);
        assertThatThrownBy(() -> driver.awaitInput(-1)).hasMessageContaining("asks for a reset");
        driver.restart();
        assertThat(driver.awaitInput(0)).isFalse();
        driver.stop();
        assertThatThrownBy(() -> driver.awaitInput(0)).hasMessageContaining("was stopped");
    }

    /** Those who only look hear of it, too, once a restart does not keep them waiting. */
    @Test
    void aLostDeviceIsNotUsedUntilItIsRestarted() throws DeviceException {
        ConsoleDriver driver = start(FeatureBits.NONE);
        console.loss = Loss.LASTING;
        assertThat(read(driver, 1)).isEmpty();
        assertThat(driver.hasInput()).isFalse();
        console.loss = Loss.OVER;
        assertThat(driver.hasRoom()).isTrue();
        assertThatThrownBy(() -> read(driver, 1)).hasMessageContaining("was lost");
        assertThatThrownBy(driver::hasRoom).hasMessageContaining("was lost");
        console.lossesAtStart = 5;
        driver.restart();
        assertThat(console.lossesAtStart).isZero();
        console.say("back");
        assertThat(read(driver, 10)).isEqualTo("back");
        console.loss = Loss.OVER;
        assertThatThrownBy(driver::hasInput).hasMessageContaining("was lost");
    }

    @Test
    void anEmergencyWriteIsOneRegister() throws DeviceException {
        ConsoleDriver driver = start(FeatureBits.NONE);
        driver.emergencyWrite('!' | 0x100);
        assertThat(console.log).endsWith("write 8 4 33");
        console.offered = FeatureBits.of(Features.VERSION_1);
        ConsoleDriver plain = start(FeatureBits.NONE);
        assertThatThrownBy(() -> plain.emergencyWrite('!')).isInstanceOf(IllegalStateException.class);
        assertThat(plain.columns()).isZero();
    }

    @Test
    void whatCannotBeDrivenIsRefused() {
        console.size = 4;
        assertThatThrownBy(() -> start(FeatureBits.NONE)).hasMessageContaining("4 bytes; its features need 12");
        assertThat(console.status & DeviceStatus.FAILED).isNotZero();
        console.size = 12;
        console.queueMaxSize = 0;
        assertThatThrownBy(() -> start(FeatureBits.NONE)).hasMessageContaining("no queue 0");
        console.type = 2;
        assertThatThrownBy(() -> start(FeatureBits.NONE)).hasMessageContaining("is no console");
    }
}
