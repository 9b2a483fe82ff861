// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.transport.Loss;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Network devices that lie. At worst frames are lost, and the device is given up. */
class HostileNetDeviceTest {
    private static final NetDriverOptions OPTIONS = NetDriverTest.OPTIONS.withPairs(1, 16);

    private final FakeNetDevice device = new FakeNetDevice();
    private final ReceivedFrame[] burst = new ReceivedFrame[4];

    @Test
    void absurdNumbersAreBroughtWithinSense() throws DeviceException {
        device.config.putShort(NetConfig.MTU, (short) 5);
        device.config.putInt(NetConfig.SPEED, Integer.MIN_VALUE);
        device.config.put(NetConfig.DUPLEX, (byte) 77);
        device.config.put(NetConfig.MAC, (byte) 0x53);
        NetDriver driver = device.start(OPTIONS);
        assertThat(driver.mtu()).isEqualTo(1500);
        assertThat(driver.speed()).isEqualTo(-1);
        assertThat(driver.duplex()).isEqualTo(NetConfig.DUPLEX_UNKNOWN);
        assertThat(driver.mac(new byte[6])).isFalse();
    }

    @Test
    void aHugeMtuTakesNoMoreMemoryThanAllowed() throws DeviceException {
        device.config.putShort(NetConfig.MTU, (short) 65535);
        FeatureBits unmerged = NetDriverTest.FEATURES.without(NetFeatures.MRG_RXBUF);
        NetDriver driver = device.start(
                OPTIONS.withPairs(1, 256).withReceiveBuffers(256, 2048).withFeatures(unmerged));
        assertThat(driver.receiveBuffers()).isEqualTo(7);
        device.arriving.add(NetDriverTest.frame(65_000, 3));
        assertThat(driver.awaitReceive(0, -1)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 32768, 65535})
    void pairsThatCannotBeAreRefused(int pairs) {
        device.config.putShort(NetConfig.MAX_VIRTQUEUE_PAIRS, (short) pairs);
        assertThatThrownBy(() -> device.start(OPTIONS)).hasMessageContaining("has " + pairs + " pairs of queues");
        assertThat(device.status & DeviceStatus.FAILED).isNotZero();
    }

    @Test
    void missingQueuesAndConfigurationAreRefused() {
        device.configSize = 5;
        assertThatThrownBy(() -> device.start(OPTIONS)).hasMessageContaining("5 bytes; its features need 17");
        device.configSize = NetConfig.SIZE;
        device.queueMaxSize = 0;
        assertThatThrownBy(() -> device.start(OPTIONS)).hasMessageContaining("no pair of a receive");
        device.queueMaxSize = 1;
        assertThatThrownBy(() -> device.start(OPTIONS)).hasMessageContaining("a control queue of 1 descriptors");
        device.queueMaxSize = Integer.MIN_VALUE;
        assertThatThrownBy(() -> device.start(OPTIONS)).hasMessageContaining("no pair of a receive");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 11})
    void lessThanAHeaderIsDropped(int used) throws DeviceException {
        NetDriver driver = device.start(OPTIONS);
        device.usedLength = used;
        for (int i = 0; i < 100; i++) {
            device.arriving.add(NetDriverTest.frame(60, i));
        }
        assertThat(driver.awaitReceive(0, 1_000_000)).isFalse();
        while (!device.arriving.isEmpty()) {
            driver.receive(0, burst);
            device.serve();
        }
        assertThat(driver.receive(0, burst)).isZero();
        assertThat(driver.malformed(0)).isEqualTo(100);
        device.usedLength = -1;
        device.arriving.add(NetDriverTest.frame(60, 1));
        assertThat(driver.awaitReceive(0, -1)).isTrue();
        assertThat(driver.resets()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void moreThanTheBufferEndsInAReset(boolean packed) throws DeviceException {
        FeatureBits features = NetDriverTest.FEATURES;
        NetDriver driver =
                device.start(OPTIONS.withFeatures(packed ? features : features.without(Features.RING_PACKED)));
        device.arriving.add(NetDriverTest.frame(60, 1));
        device.serve();
        DriverVirtqueue ring = requireNonNull(device.rings[0]);
        MemoryRegion memory = device.machine.memory.region(0);
        long length = packed ? ring.descriptorArea() + 8 : ring.deviceArea() + 8;
        assertThat(memory.getInt(length - memory.address())).isEqualTo(72);
        memory.putInt(length - memory.address(), 2049);
        assertThat(driver.awaitReceive(0, 1000)).isFalse();
        assertThat(driver.resets()).isEqualTo(1);
        device.arriving.add(NetDriverTest.frame(60, 1));
        assertThat(driver.awaitReceive(0, -1)).isTrue();
    }

    @Test
    void aFrameOfNoBuffersIsDropped() throws DeviceException {
        NetDriver driver = device.start(OPTIONS);
        device.numBuffers = 0;
        device.arriving.add(NetDriverTest.frame(60, 1));
        assertThat(driver.awaitReceive(0, 1000)).isFalse();
        assertThat(driver.malformed(0)).isEqualTo(1);
        assertThat(driver.resets()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {17, 255, 65535})
    void aFrameOfTooManyBuffersEndsInAReset(int buffers) throws DeviceException {
        NetDriver driver = device.start(OPTIONS);
        device.numBuffers = buffers;
        device.arriving.add(NetDriverTest.frame(60, 1));
        assertThat(driver.awaitReceive(0, 1000)).isFalse();
        assertThat(driver.resets()).isEqualTo(1);
        device.numBuffers = -1;
        device.arriving.add(NetDriverTest.frame(70, 2));
        assertThat(driver.awaitReceive(0, -1)).isTrue();
        driver.receive(0, burst);
        assertThat(NetDriverTest.bytes(burst[0])).isEqualTo(NetDriverTest.payload(NetDriverTest.frame(70, 2)));
    }

    @Test
    void aFrameThatIsNeverCompletedIsLostWithTheNextReset() throws DeviceException {
        NetDriver driver = device.start(OPTIONS);
        device.numBuffers = 3;
        device.arriving.add(NetDriverTest.frame(60, 1));
        assertThat(driver.awaitReceive(0, 1000)).isFalse();
        device.needsReset();
        driver.checkInterrupt();
        assertThat(driver.lost(0)).isEqualTo(1);
        device.numBuffers = -1;
        device.arriving.add(NetDriverTest.frame(70, 2));
        assertThat(driver.awaitReceive(0, -1)).isTrue();
    }

    @Test
    void headersThatCannotBeTrueAreDropped() throws DeviceException {
        FeatureBits some =
                NetDriverTest.FEATURES.without(NetFeatures.GUEST_USO4).without(NetFeatures.GUEST_USO6);
        NetDriver driver = device.start(OPTIONS.withFeatures(some));
        byte[] beyond = NetDriverTest.frame(60, 1);
        beyond[NetHeader.FLAGS] = NetHeader.F_NEEDS_CSUM;
        beyond[NetHeader.CSUM_START] = 50;
        beyond[NetHeader.CSUM_OFFSET] = 9;
        byte[] type = NetDriverTest.frame(60, 1);
        type[NetHeader.GSO_TYPE] = NetHeader.GSO_UDP_L4;
        device.arriving.add(beyond);
        device.arriving.add(type);
        device.arriving.add(NetDriverTest.frame(0, 1));
        device.arriving.add(NetDriverTest.frame(61, 1));
        assertThat(driver.awaitReceive(0, -1)).isTrue();
        assertThat(driver.receive(0, burst)).isEqualTo(1);
        assertThat(burst[0].length()).isEqualTo(61);
        assertThat(driver.malformed(0)).isEqualTo(3);
    }

    @Test
    void anAnswerThatNobodyWroteIsAFailure() throws DeviceException {
        NetDriver driver = device.start(OPTIONS);
        device.answer = -1;
        assertThatThrownBy(() -> driver.addVlan(3)).hasMessageContaining("its answer never written");
        assertThat(driver.resets()).isZero();
    }

    @Test
    void aCommandThatIsNeverAnsweredEndsInAReset() throws DeviceException {
        NetDriver driver = device.start(OPTIONS);
        device.answers = false;
        assertThatThrownBy(() -> driver.addVlan(3)).hasMessageContaining("was not answered within 1000 ms");
        assertThat(driver.resets()).isEqualTo(1);
        assertThat(driver.failure()).isNull();
        device.answers = true;
        driver.addVlan(4);
        assertThat(device.commands).containsExactly("02000400");
    }

    @Test
    void aDeviceThatNoLongerAnswersAtAllIsGivenUp() throws DeviceException {
        NetDriver driver = device.start(OPTIONS.withRecovery(true, 4));
        driver.addVlan(3);
        device.answers = false;
        assertThatThrownBy(() -> driver.addVlan(4)).isInstanceOf(DeviceException.class);
        assertThat(driver.resets()).isEqualTo(4);
        assertThat(driver.failure()).contains("it was reset 4 times and moved no frame since");
        assertThat(device.status).isZero();
        assertThatThrownBy(() -> driver.addVlan(4)).hasMessageContaining("moved no frame");
        assertThat(driver.awaitReceive(0, -1)).isFalse();
        assertThat(driver.linkUp()).isFalse();
    }

    /** Those who only look notice as well, once a reset does not keep them waiting. */
    @Test
    void aDeviceIsNotGivenUpHoweverOftenItIsLost() throws DeviceException {
        NetDriver driver = device.start(OPTIONS.withRecovery(true, 2));
        for (int losses = 1; losses <= 5; losses++) {
            device.loss = Loss.LASTING;
            assertThat(driver.receive(0, burst)).isZero();
            assertThat(driver.resets()).isEqualTo(losses - 1);
            device.loss = Loss.OVER;
            assertThat(driver.receive(0, burst)).isZero();
            assertThat(driver.resets()).isEqualTo(losses);
        }
        assertThat(driver.failure()).isNull();
        device.needsResetAtOnce = true;
        device.needsReset();
        assertThat(driver.awaitReceive(0, -1)).isFalse();
        assertThat(driver.failure()).contains("it was reset 2 times and moved no frame since");
    }

    @Test
    void devicesThatDoNotComeBackAreGivenUp() throws DeviceException {
        NetDriver driver = device.start(OPTIONS);
        device.neverResets = true;
        device.needsReset();
        assertThat(driver.awaitReceive(0, -1)).isFalse();
        assertThat(driver.failure()).contains("asks for a reset").contains("has not completed its reset");

        FakeNetDevice dying = new FakeNetDevice();
        NetDriver second = dying.start(OPTIONS);
        dying.needsResetAtOnce = true;
        dying.needsReset();
        assertThat(second.awaitReceive(0, -1)).isFalse();
        assertThat(second.failure()).contains("did not start");
        assertThat(second.resets()).isEqualTo(3);

        FakeNetDevice other = new FakeNetDevice();
        NetDriver third = other.start(OPTIONS);
        other.config.putShort(NetConfig.MTU, (short) 9000);
        other.needsReset();
        assertThat(third.awaitReceive(0, -1)).isFalse();
        assertThat(third.failure()).contains("other properties");
    }

    /** Random bytes all over what the device writes of the rings, at random moments, for every ring format. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void garbageInTheRingsEndsInAReset(int combination) throws DeviceException {
        Random random = new Random(combination);
        FeatureBits features = NetDriverTest.FEATURES;
        features = (combination & 1) != 0 ? features : features.without(Features.RING_PACKED);
        features = (combination & 2) != 0 ? features : features.without(Features.EVENT_IDX);
        features = (combination & 4) != 0 ? features : features.without(Features.IN_ORDER);
        NetDriver driver = device.start(OPTIONS.withFeatures(features).withRecovery(true, 50));
        MemoryRegion memory = device.machine.memory.region(0);
        for (int i = 0; i < 2000 && driver.failure() == null; i++) {
            DriverVirtqueue ring = device.rings[random.nextInt(2)];
            if (ring != null && random.nextInt(4) == 0) {
                boolean packed = (combination & 1) != 0;
                long at = (packed ? ring.descriptorArea() : ring.deviceArea()) - memory.address();
                memory.putInt(at + 4L * random.nextInt(packed ? 64 : 33), random.nextInt());
            }
            OutgoingFrame frame = driver.take(0);
            if (frame != null) {
                driver.send(frame.setLength(60));
            }
            driver.kick(0);
            int count = driver.receive(0, burst);
            for (int j = 0; j < count; j++) {
                assertThat(NetDriverTest.bytes(burst[j])).hasSize(burst[j].length());
                driver.release(burst[j]);
            }
        }
        assertThat(driver.resets()).isPositive();
    }
}
