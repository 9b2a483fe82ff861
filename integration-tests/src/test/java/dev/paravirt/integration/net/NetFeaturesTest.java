// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.NetDriverOptions;
import dev.paravirt.guest.driver.OutgoingFrame;
import dev.paravirt.guest.driver.ReceivedFrame;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.integration.blk.FailingThread;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetHash;
import dev.paravirt.spec.net.NetHeader;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several queues, steering, hashes, offloads and coalescing: what our driver asks for, our device does. */
@Timeout(60)
class NetFeaturesTest {
    private static final byte[] OWN = NetFrames.station(1);
    private static final byte[] PEER = NetFrames.station(2);
    private static final long PATIENCE_NANOS = 10_000_000_000L;
    private static final FeatureBits OFFLOADS =
            FeatureBits.of(NetFeatures.CSUM, NetFeatures.HOST_TSO4, NetFeatures.GUEST_CSUM, NetFeatures.GUEST_TSO4);

    private static NetDevice device(EchoBackend network, int pairs) {
        return new NetDevice(network, new NetOptions(NetFrames.text(OWN)).queuePairs(pairs));
    }

    private static NetDriverOptions options(FeatureBits features, int pairs) {
        return NetDriverOptions.DEFAULT
                .withFeatures(features)
                .withPairs(pairs, 64)
                .withReceiveBuffers(64, 2048)
                .withTransmitBuffers(16, 8192)
                .withRecovery(false, 1);
    }

    private static ReceivedFrame receive(NetDriver driver, int pair) {
        ReceivedFrame[] burst = new ReceivedFrame[1];
        assertThat(driver.awaitReceive(pair, PATIENCE_NANOS)).isTrue();
        assertThat(driver.receive(pair, burst)).isEqualTo(1);
        return burst[0];
    }

    private static byte[] take(NetDriver driver, int pair) {
        ReceivedFrame frame = receive(driver, pair);
        byte[] bytes = NetFrames.bytes(frame);
        driver.release(frame);
        return bytes;
    }

    private static OutgoingFrame write(NetDriver driver, int pair, byte[] content) {
        OutgoingFrame frame = driver.take(pair);
        while (frame == null) {
            assertThat(driver.awaitTransmit(pair, PATIENCE_NANOS)).isTrue();
            frame = driver.take(pair);
        }
        return frame.put(content, 0, content.length);
    }

    private static void exchange(NetDriver driver, int pair, int frames) {
        for (int first = 0; first < frames; first += 8) {
            for (int number = first; number < first + 8; number++) {
                driver.send(write(driver, pair, Packets.datagram(PEER, OWN, 1000 + pair, number)));
            }
            driver.kick(pair);
            for (int number = first; number < first + 8; number++) {
                assertThat(take(driver, pair)).isEqualTo(Packets.datagram(OWN, PEER, 1000 + pair, number));
            }
        }
    }

    /** What a flow is sent from is where it comes back to, and neither thread knows of the other. */
    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void severalPairsEachWithAThreadAndALine(int pairs) throws Exception {
        try (NetStation station = NetStation.start(
                device(new EchoBackend(), pairs), options(NetDriverOptions.DEFAULT_FEATURES, pairs), pairs)) {
            NetDriver driver = station.driver();
            assertThat(driver.pairs()).isEqualTo(pairs);
            FailingThread[] threads = new FailingThread[pairs];
            for (int pair = 0; pair < pairs; pair++) {
                int own = pair;
                threads[pair] = FailingThread.start(() -> exchange(driver, own, 2_000));
            }
            for (int pair = 0; pair < pairs; pair++) {
                threads[pair].join();
                assertThat(driver.framesReceived(pair)).isEqualTo(2_000);
            }
            assertThat(driver.needsRecovery()).isFalse();
        }
    }

    @Test
    void hashesAreReportedAndChooseThePair() throws Exception {
        EchoBackend network = new EchoBackend();
        try (NetStation station = NetStation.start(device(network, 2), options(NetDriverOptions.ALL_FEATURES, 2))) {
            NetDriver driver = station.driver();
            exchange(driver, 0, 8);
            assertThat(driver.supportedHashTypes() & NetHash.TYPE_UDPV4).isNotZero();
            byte[] key = new byte[NetHash.MIN_MAX_KEY_SIZE];
            int[] table = new int[128];
            for (int i = 0; i < table.length; i++) {
                table[i] = i / 3 % 2;
                key[i % key.length] = (byte) (i * 37 + 1);
            }
            driver.setSteering(NetHash.TYPE_UDPV4, key, table, 1);
            int[] seen = new int[2];
            for (int port = 1; port <= 200; port++) {
                byte[] packet = Packets.datagram(OWN, PEER, port, port);
                assertThat(network.deliver(packet)).isTrue();
                ReceivedFrame frame = eitherPair(driver);
                assertThat(NetFrames.bytes(frame)).isEqualTo(packet);
                assertThat(frame.hashReport()).isEqualTo(NetHash.REPORT_UDPV4);
                assertThat(frame.pair()).isEqualTo(table[frame.hashValue() & 127]);
                seen[frame.pair()]++;
                driver.release(frame);
            }
            assertThat(seen[0]).isBetween(20, 180);
            assertThat(network.deliver(NetFrames.frame(1, OWN, PEER, 100))).isTrue();
            ReceivedFrame other = receive(driver, 1);
            assertThat(other.hashReport()).isEqualTo(NetHash.REPORT_NONE);
            driver.release(other);
            assertThatThrownBy(() -> driver.setSteering(0, key, new int[] {2}, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            driver.setHashing(0, new byte[0]);
            assertThat(network.deliver(Packets.datagram(OWN, PEER, 1, 1))).isTrue();
            assertThat(eitherPair(driver).hashReport()).isEqualTo(NetHash.REPORT_NONE);
        }
    }

    private static ReceivedFrame eitherPair(NetDriver driver) {
        ReceivedFrame[] burst = new ReceivedFrame[1];
        long start = System.nanoTime();
        while (driver.receive(0, burst) == 0 && driver.receive(1, burst) == 0) {
            assertThat(System.nanoTime() - start).isLessThan(PATIENCE_NANOS);
            Thread.onSpinWait();
        }
        return burst[0];
    }

    private static void sendLarge(NetDriver driver) {
        OutgoingFrame frame = write(driver, 0, Packets.segment(PEER, OWN, 80, 4054));
        frame.setChecksum(Packets.ETHERNET + Packets.IP, 16);
        frame.setSegmentation(NetHeader.GSO_TCPV4, Packets.ETHERNET + Packets.IP + Packets.TCP, 1000);
        driver.send(frame);
        driver.kick(0);
    }

    private static void assertCut(NetDriver driver) {
        byte[] sent = Packets.segment(OWN, PEER, 80, 4054);
        for (int number = 0; number < 4; number++) {
            byte[] segment = take(driver, 0);
            assertThat(segment).hasSize(1054);
            assertThat(Packets.sequence(segment)).isEqualTo(1000 + 1000 * number);
            assertThat(Packets.isChecksumRight(segment)).isTrue();
            assertThat(Arrays.equals(segment, 54, 1054, sent, 54 + 1000 * number, 1054 + 1000 * number))
                    .isTrue();
        }
    }

    @Test
    void checksumsAndSegmentsAreLeftToTheDevice() throws Exception {
        FeatureBits features = NetDriverOptions.DEFAULT_FEATURES;
        try (NetStation station = NetStation.start(device(new EchoBackend(), 1), options(features, 1))) {
            NetDriver driver = station.driver();
            byte[] content = Packets.segment(PEER, OWN, 80, 201);
            driver.send(write(driver, 0, content).setChecksum(Packets.ETHERNET + Packets.IP, 16));
            driver.kick(0);
            byte[] back = take(driver, 0);
            assertThat(back).hasSize(content.length);
            assertThat(Packets.isChecksumRight(content)).isFalse();
            assertThat(Packets.isChecksumRight(back)).isTrue();
            sendLarge(driver);
            assertCut(driver);
        }
    }

    @Test
    void whatTheDeviceMayLeaveToTheDriverIsSwitchedAtRunTime() throws Exception {
        EchoBackend network = new EchoBackend(OFFLOADS);
        try (NetStation station = NetStation.start(device(network, 1), options(NetDriverOptions.ALL_FEATURES, 1))) {
            NetDriver driver = station.driver();
            assertUncut(driver);
            driver.setGuestOffloads(FeatureBits.NONE);
            sendLarge(driver);
            assertCut(driver);
            driver.setGuestOffloads(FeatureBits.of(NetFeatures.GUEST_CSUM, NetFeatures.GUEST_TSO4));
            assertUncut(driver);
            assertThatThrownBy(() -> driver.setGuestOffloads(FeatureBits.of(NetFeatures.GUEST_TSO4)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static void assertUncut(NetDriver driver) {
        sendLarge(driver);
        ReceivedFrame whole = receive(driver, 0);
        assertThat(whole.length()).isEqualTo(4054);
        assertThat(whole.segmentationType()).isEqualTo(NetHeader.GSO_TCPV4);
        assertThat(whole.segmentSize()).isEqualTo(1000);
        assertThat(whole.needsChecksum()).isTrue();
        assertThat(whole.checksumStart()).isEqualTo(34);
        assertThat(whole.next()).isNotNull();
        assertThat(NetFrames.bytes(whole)).isEqualTo(Packets.segment(OWN, PEER, 80, 4054));
        driver.release(whole);
    }

    @Test
    void settingsAreRepeatedAfterAReset() throws DeviceException {
        EchoBackend network = new EchoBackend(OFFLOADS);
        try (NetStation station = NetStation.start(device(network, 1), options(NetDriverOptions.ALL_FEATURES, 1))) {
            NetDriver driver = station.driver();
            driver.setGuestOffloads(FeatureBits.NONE);
            driver.setHashing(NetHash.TYPE_TCPV4, new byte[40]);
            driver.setCoalescing(false, 4, 50);
            driver.setCoalescing(true, 4, 50);
            driver.setCoalescing(0, true, 8, 100);
            station.session().needsReset("the test wants it");
            driver.interrupted(station.platform().waitForInterrupt(0, -1));
            assertThat(driver.needsRecovery()).isTrue();
            driver.recover();
            assertThat(driver.failure()).isNull();
            assertThat(driver.resets()).isEqualTo(1);
            sendLarge(driver);
            ReceivedFrame first = receive(driver, 0);
            assertThat(first.length()).isEqualTo(1054);
            assertThat(first.hashReport()).isEqualTo(NetHash.REPORT_TCPV4);
        }
    }
}
