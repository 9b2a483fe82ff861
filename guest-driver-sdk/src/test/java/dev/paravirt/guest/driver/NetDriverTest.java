// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHeader;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The network driver with a device that does as it should. */
class NetDriverTest {
    /** With the short header, and the short configuration space. */
    static final FeatureBits FEATURES =
            NetDriverOptions.ALL_FEATURES.without(NetFeatures.HASH_REPORT).without(NetFeatures.RSS);

    static final NetDriverOptions OPTIONS =
            NetDriverOptions.DEFAULT.withFeatures(FEATURES).withSpin(0);

    private final FakeNetDevice device = new FakeNetDevice();

    /** Split and packed, with the event index and without, in order or not. */
    private static NetDriverOptions format(int combination) {
        FeatureBits features = FEATURES;
        features = (combination & 1) != 0 ? features : features.without(Features.RING_PACKED);
        features = (combination & 2) != 0 ? features : features.without(Features.EVENT_IDX);
        features = (combination & 4) != 0 ? features : features.without(Features.IN_ORDER);
        features = (combination & 8) != 0 ? features : features.without(NetFeatures.MRG_RXBUF);
        return OPTIONS.withFeatures(features).withReceiveBuffers(16, 256).withPairs(1, 16);
    }

    static byte[] frame(int length, int seed) {
        byte[] frame = new byte[NetHeader.SIZE + length];
        for (int at = NetHeader.SIZE; at < frame.length; at++) {
            frame[at] = Rig.pattern(seed, at);
        }
        return frame;
    }

    static byte[] payload(byte[] frame) {
        return Arrays.copyOfRange(frame, NetHeader.SIZE, frame.length);
    }

    static byte[] bytes(@Nullable ReceivedFrame frame) {
        byte[] bytes = new byte[requireNonNull(frame).length()];
        frame.get(0, bytes, 0, bytes.length);
        return bytes;
    }

    @Test
    void whatTheDeviceSaysOfItself() throws DeviceException {
        NetDriver driver = device.start(OPTIONS.withPairs(3, 256));
        byte[] mac = new byte[6];
        assertThat(driver.mac(mac)).isTrue();
        assertThat(mac).isEqualTo(FakeNetDevice.MAC);
        assertThat(driver.name()).isEqualTo("network device 7");
        assertThat(driver.pairs()).isEqualTo(3);
        assertThat(driver.mtu()).isEqualTo(1500);
        assertThat(driver.linkUp()).isTrue();
        assertThat(driver.speed()).isEqualTo(10_000);
        assertThat(driver.duplex()).isEqualTo(NetConfig.DUPLEX_FULL);
        assertThat(driver.receiveBuffers()).isEqualTo(64);
        assertThat(driver.transmitBuffers()).isEqualTo(64);
        assertThat(device.commands).containsExactly("04000300");
        assertThat(requireNonNull(device.queues[0]).size()).isEqualTo(64);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
    void framesOfAllSizesArriveWholeAndInOrder(int combination) throws DeviceException {
        NetDriver driver = device.start(format(combination));
        ReceivedFrame[] burst = new ReceivedFrame[5];
        int next = 0;
        for (int length = 1; length <= 1514; length += 7) {
            device.arriving.add(frame(length, length));
        }
        int total = device.arriving.size();
        while (next < total) {
            assertThat(driver.awaitReceive(0, 1_000_000)).isTrue();
            int count = driver.receive(0, burst);
            assertThat(count).isBetween(1, 5);
            for (int i = 0; i < count; i++) {
                int length = 1 + 7 * next++;
                assertThat(bytes(burst[i])).isEqualTo(payload(frame(length, length)));
                driver.release(burst[i]);
            }
        }
        assertThat(driver.framesReceived(0)).isEqualTo(total);
        assertThat(driver.malformed(0)).isZero();
        assertThat(driver.awaitReceive(0, 1000)).isFalse();
        assertThat(driver.resets()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
    void framesAreSentAsTheyWereWritten(int combination) throws DeviceException {
        NetDriver driver = device.start(format(combination));
        for (int i = 0; i < 300; i++) {
            OutgoingFrame frame = driver.take(0);
            while (frame == null) {
                driver.kick(0);
                assertThat(driver.awaitTransmit(0, 1_000_000)).isTrue();
                frame = driver.take(0);
            }
            byte[] written = payload(frame(1 + i * 5, i));
            frame.put(written, 0, written.length);
            driver.send(frame);
        }
        driver.kick(0);
        device.serve();
        assertThat(device.sent).hasSize(300);
        for (int i = 0; i < 300; i++) {
            assertThat(device.sent.get(i)).isEqualTo(frame(1 + i * 5, i));
        }
        OutgoingFrame last = requireNonNull(driver.take(0));
        assertThat(driver.framesSent(0)).isBetween(284L, 300L);
        driver.discard(last);
        assertThatThrownBy(() -> driver.send(last)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void headersOfOffloadedFrames() throws DeviceException {
        NetDriver driver = device.start(OPTIONS);
        OutgoingFrame frame = requireNonNull(driver.take(0)).setLength(1000);
        frame.setChecksum(34, 16).setSegmentation(NetHeader.GSO_TCPV4, 54, 500);
        driver.send(frame);
        driver.kick(0);
        device.serve();
        assertThat(Arrays.copyOf(device.sent.getFirst(), NetHeader.SIZE))
                .containsExactly(1, 1, 54, 0, 0xf4, 1, 34, 0, 16, 0, 0, 0);
        byte[] back = frame(1000, 1);
        System.arraycopy(device.sent.getFirst(), 0, back, 0, NetHeader.SIZE);
        back[NetHeader.FLAGS] |= NetHeader.F_DATA_VALID;
        device.arriving.add(back);
        device.serve();
        ReceivedFrame[] burst = new ReceivedFrame[1];
        assertThat(driver.receive(0, burst)).isEqualTo(1);
        ReceivedFrame received = burst[0];
        assertThat(received.needsChecksum()).isTrue();
        assertThat(received.checksumValid()).isTrue();
        assertThat(received.checksumStart()).isEqualTo(34);
        assertThat(received.checksumOffset()).isEqualTo(16);
        assertThat(received.segmentationType()).isEqualTo(NetHeader.GSO_TCPV4);
        assertThat(received.segmentSize()).isEqualTo(500);
        driver.release(received);
        assertThatThrownBy(() -> driver.release(received)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatWasNotNegotiatedIsNotAskedFor() throws DeviceException {
        NetDriver driver = device.start(OPTIONS.withFeatures(FeatureBits.of(NetFeatures.MAC, NetFeatures.MQ)));
        assertThat(driver.features()).isEqualTo(FeatureBits.of(NetFeatures.MAC, Features.VERSION_1));
        OutgoingFrame frame = requireNonNull(driver.take(0)).setLength(100);
        frame.setChecksum(34, 16);
        assertThatThrownBy(() -> driver.send(frame)).hasMessageContaining("CSUM was not negotiated");
        assertThatThrownBy(() -> driver.addVlan(5)).hasMessageContaining("was not negotiated");
        assertThat(driver.linkUp()).isTrue();
        assertThat(driver.speed()).isEqualTo(-1);
        assertThat(driver.duplex()).isEqualTo(NetConfig.DUPLEX_UNKNOWN);
    }

    @Test
    void controlCommands() throws DeviceException {
        NetDriver driver = device.start(OPTIONS);
        driver.setReceiveMode(NetControl.RX_PROMISC, true);
        driver.setReceiveMode(NetControl.RX_NOBCAST, false);
        driver.setMacTable(new byte[] {2, 0, 0, 0, 0, 1}, new byte[] {1, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 3});
        driver.setMac(new byte[] {2, 1, 2, 3, 4, 5});
        driver.addVlan(0xabc);
        driver.removeVlan(1);
        driver.acknowledgeAnnouncement();
        assertThat(device.commands)
                .containsExactly(
                        "000001",
                        "000500",
                        "0100" + "01000000" + "020000000001" + "02000000" + "010000000002" + "010000000003",
                        "0101020102030405",
                        "0200bc0a",
                        "02010100",
                        "0300");
        device.answer = NetControl.ERR;
        assertThatThrownBy(() -> driver.addVlan(9)).hasMessageContaining("control command 2/0 was refused with 1");
        assertThat(driver.resets()).isZero();
    }

    @Test
    void theLinkGoesDownAndUp() throws DeviceException {
        NetDriver driver = device.start(OPTIONS);
        device.config.putShort(NetConfig.STATUS, (short) 0);
        device.configurationChanged();
        assertThat(driver.awaitReceive(0, 1000)).isFalse();
        assertThat(driver.linkUp()).isFalse();
        device.config.putShort(NetConfig.STATUS, (short) (NetConfig.S_LINK_UP | NetConfig.S_ANNOUNCE));
        device.configurationChanged();
        driver.checkInterrupt();
        assertThat(driver.linkUp()).isTrue();
        assertThat(driver.announcementRequested()).isTrue();
        assertThat(driver.linkChanges()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 8, 15})
    void afterAResetEverythingGoesOn(int combination) throws DeviceException {
        NetDriverOptions options = format(combination).withPairs(2, 16);
        NetDriver driver = device.start(options);
        driver.addVlan(7);
        driver.setReceiveMode(NetControl.RX_ALLMULTI, true);
        device.arriving.add(frame(100, 1));
        device.arriving.add(frame(200, 2));
        device.serve();
        ReceivedFrame[] burst = new ReceivedFrame[1];
        assertThat(driver.receive(0, burst)).isEqualTo(1);
        ReceivedFrame held = burst[0];
        device.takesFrames = false;
        driver.send(requireNonNull(driver.take(0)).setLength(60));
        OutgoingFrame written = requireNonNull(driver.take(1)).put(frame(50, 5), 0, 50);
        driver.kick(0);
        device.commands.clear();
        // What no buffer was left for would be the first to arrive.
        device.arriving.clear();
        device.needsReset();
        device.takesFrames = true;
        driver.checkInterrupt();
        assertThat(driver.resets()).isEqualTo(1);
        assertThat(driver.lost(0)).isEqualTo(1);
        assertThat(device.commands).containsExactlyInAnyOrder("04000200", "02000700", "000101");
        assertThat(bytes(held)).isEqualTo(payload(frame(100, 1)));
        driver.release(held);
        driver.send(written);
        driver.kick(1);
        for (int i = 0; i < 100; i++) {
            device.arriving.add(frame(90, i));
            assertThat(driver.awaitReceive(0, 1_000_000)).isTrue();
            assertThat(driver.receive(0, burst)).isEqualTo(1);
            assertThat(bytes(burst[0])).isEqualTo(payload(frame(90, i)));
            driver.release(burst[0]);
        }
        assertThat(device.sent).hasSize(1);
        assertThat(driver.failure()).isNull();
    }

    @Test
    void interruptsAreAskedForOnlyWhileSomeoneWaits() throws DeviceException {
        NetDriver driver = device.start(OPTIONS);
        device.arriving.add(frame(60, 1));
        device.serve();
        assertThat(device.machine.reasons[0]).isZero();
        assertThat(driver.receive(0, new ReceivedFrame[4])).isEqualTo(1);
        device.arriving.add(frame(60, 2));
        assertThat(driver.awaitReceive(0, -1)).isTrue();
        assertThat(driver.interrupts(0)).isEqualTo(1);
    }

    @Test
    void withoutAutomaticRecoveryTheOwnerIsAsked() throws DeviceException {
        NetDriver driver = device.start(OPTIONS.withRecovery(false, 1));
        device.needsReset();
        assertThat(driver.awaitReceive(0, -1)).isFalse();
        assertThat(driver.needsRecovery()).isTrue();
        driver.send(requireNonNull(driver.take(0)).setLength(60));
        assertThat(driver.lost(0)).isEqualTo(1);
        driver.recover();
        assertThat(driver.needsRecovery()).isFalse();
        device.arriving.add(frame(60, 1));
        assertThat(driver.awaitReceive(0, -1)).isTrue();
    }

    @Test
    void aStoppedDriverHasResetItsDevice() throws DeviceException {
        NetDriver driver = device.start(OPTIONS);
        driver.stop();
        assertThat(device.status).isZero();
        assertThat(driver.linkUp()).isFalse();
        assertThat(driver.awaitTransmit(0, 0)).isTrue();
        assertThat(driver.awaitReceive(0, -1)).isFalse();
        assertThat(device.status & DeviceStatus.DRIVER_OK).isZero();
    }

    /** Until the code is compiled the JVM itself allocates: for memory accesses, not for frames. */
    @ParameterizedTest
    @ValueSource(ints = {0, 3, 10, 15})
    void framesAllocateNothing(int combination) throws DeviceException {
        NetDriver driver = device.start(format(combination));
        device.echoes = true;
        ReceivedFrame[] burst = new ReceivedFrame[4];
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = Long.MAX_VALUE;
        for (int round = 0; round < 50 && allocated > 0; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            long overhead = threads.getCurrentThreadAllocatedBytes() - before;
            before = threads.getCurrentThreadAllocatedBytes();
            echo(driver, burst);
            allocated = threads.getCurrentThreadAllocatedBytes() - before - overhead;
        }
        assertThat(allocated).isZero();
        assertThat(driver.framesReceived(0)).isGreaterThanOrEqualTo(1000);
        assertThat(driver.framesSent(0)).isGreaterThanOrEqualTo(driver.framesReceived(0) - 16);
    }

    private static void echo(NetDriver driver, ReceivedFrame[] burst) {
        for (int i = 0; i < 1000; i++) {
            for (int j = 0; j < 4; j++) {
                OutgoingFrame frame = driver.take(0);
                if (frame != null) {
                    driver.send(frame.setLength(60 + 100 * j));
                }
            }
            driver.kick(0);
            driver.awaitReceive(0, -1);
            for (int count = driver.receive(0, burst); count > 0; count = driver.receive(0, burst)) {
                for (int j = 0; j < count; j++) {
                    driver.release(burst[j]);
                }
            }
        }
    }
}
