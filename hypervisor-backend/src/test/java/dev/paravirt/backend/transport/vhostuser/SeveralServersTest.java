// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.device.TestDevice;
import dev.paravirt.backend.device.TestDriver;
import dev.paravirt.linux.PositionalFile;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.vhostuser.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One process, three devices on sockets of their own: front-ends that break the rules of two do not touch the third. */
@Timeout(60)
class SeveralServersTest {
    private static final int SIZE = 4;
    private static final int ROUNDS = 20;
    private static final FeatureBits SPLIT = VhostUserOptions.FEATURES.without(Features.RING_PACKED);

    /** Round trips that a well-behaved neighbour makes meanwhile. */
    private static final int MEANWHILE = 20;

    @TempDir
    private Path folder;

    private final AtomicInteger roundTrips = new AtomicInteger();
    private final AtomicBoolean enough = new AtomicBoolean();

    @Test
    void whoBreaksTheRulesOfOneDeviceDoesNotDisturbAnother() throws Exception {
        TestDevice quiet = new TestDevice(SIZE);
        TestDevice disturbed = new TestDevice(SIZE, SIZE);
        BlockDevice disk = new BlockDevice(new MemoryImage(1 << 20), new BlockOptions());
        try (VhostUserServer one = VhostUserServer.listen(folder.resolve("quiet"), quiet, new VhostUserOptions());
                VhostUserServer two =
                        VhostUserServer.listen(folder.resolve("echo"), disturbed, new VhostUserOptions());
                VhostUserServer three = VhostUserServer.listen(folder.resolve("disk"), disk, new VhostUserOptions());
                ExecutorService neighbour = Executors.newSingleThreadExecutor()) {
            Future<?> traffic = neighbour.submit(this::makeRoundTrips);
            try {
                for (int round = 0; round < ROUNDS; round++) {
                    for (String name : new String[] {"echo", "disk"}) {
                        breakProtocol(name);
                        awaitNeighbour();
                        cutMemoryOff(name);
                        awaitNeighbour();
                    }
                    // No request of a disk's is as short as this.
                    sendRequestThatIsNone();
                    awaitNeighbour();
                }
                assertThat(quiet.resets).as("sessions that have ended").hasValue(0);
            } finally {
                enough.set(true);
            }
            traffic.get();
            assertThat(one.session().counters(0).requests()).isEqualTo(roundTrips.get());
            try (TestFrontEnd next =
                            TestFrontEnd.connect(folder.resolve("echo"), SPLIT).begin();
                    TestFrontEnd.Ring ring = next.ring(1, SIZE).start(0)) {
                ring.roundTrip(1);
            }
            assertThat(two.session().counters(1).requests()).isPositive();
            try (TestFrontEnd next =
                    TestFrontEnd.connect(folder.resolve("disk"), SPLIT).begin()) {
                next.ask(FrontEndRequest.GET_FEATURES);
            }
            assertThat(three.session().queueCount()).isEqualTo(1);
        }
    }

    private Void makeRoundTrips() throws IOException {
        try (TestFrontEnd frontEnd =
                        TestFrontEnd.connect(folder.resolve("quiet"), SPLIT).begin();
                TestFrontEnd.Ring ring = frontEnd.ring(0, SIZE).start(0)) {
            while (!enough.get()) {
                ring.roundTrip(roundTrips.incrementAndGet());
            }
            assertThat(ring.error.drain()).isZero();
        }
        return null;
    }

    private void awaitNeighbour() {
        int before = roundTrips.get();
        TestDriver.await("the neighbour", () -> roundTrips.get() > before + MEANWHILE);
    }

    private void breakProtocol(String name) throws IOException {
        try (TestFrontEnd hostile =
                        TestFrontEnd.connect(folder.resolve(name), SPLIT).begin();
                TestFrontEnd.Ring ring = hostile.ring(0, SIZE).start(0)) {
            ring.send(1);
            hostile.send(FrontEndRequest.SET_VRING_ENABLE, Message.vringState(-1, 1));
            hostile.awaitEnd();
        }
    }

    private void cutMemoryOff(String name) throws IOException {
        try (TestFrontEnd hostile =
                        TestFrontEnd.connect(folder.resolve(name), SPLIT).begin();
                PositionalFile file = PositionalFile.open(
                        folder.resolve("ram"), Set.of(PositionalFile.Option.WRITE, PositionalFile.Option.CREATE))) {
            file.truncate(TestFrontEnd.MEMORY);
            hostile.succeed(FrontEndRequest.SET_MEM_TABLE, TestFrontEnd.memoryTable(1), file.descriptor());
            try (TestFrontEnd.Ring ring = hostile.ring(0, SIZE).start(0)) {
                file.truncate(0);
                ring.kick.signal();
                ring.awaitError();
            }
        }
    }

    private void sendRequestThatIsNone() throws IOException {
        try (TestFrontEnd hostile =
                        TestFrontEnd.connect(folder.resolve("disk"), SPLIT).begin();
                TestFrontEnd.Ring ring = hostile.ring(0, SIZE).start(0)) {
            ring.send(1);
            ring.awaitError();
        }
    }
}
