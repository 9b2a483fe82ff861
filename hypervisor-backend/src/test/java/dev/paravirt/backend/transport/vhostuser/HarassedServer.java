// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.TestDevice;
import dev.paravirt.linux.Memfd;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server that has to bear what tests do to it: whatever it was, the next front-end is served. */
abstract class HarassedServer {
    static final int SIZE = 4;
    static final int QUEUES = 2;
    static final FeatureBits SPLIT = VhostUserOptions.FEATURES.without(Features.RING_PACKED);

    @TempDir
    Path folder;

    private VhostUserServer server;

    @BeforeEach
    void listen() throws IOException {
        server = VhostUserServer.listen(folder.resolve("s"), new TestDevice(SIZE, SIZE), new VhostUserOptions());
    }

    @AfterEach
    void theNextFrontEndIsServed() throws IOException {
        try (TestFrontEnd next = connect(SPLIT).begin(TestFrontEnd.INFLIGHT_PROTOCOL);
                Memfd memory = next.getInflight(QUEUES, SIZE)) {
            assertThat(next.setInflight(memory, QUEUES, SIZE)).isZero();
            try (TestFrontEnd.Ring ring = next.ring(0, SIZE).start()) {
                ring.roundTrip(1);
            }
        }
        server.close();
    }

    TestFrontEnd connect(FeatureBits features) throws IOException {
        return TestFrontEnd.connect(folder.resolve("s"), features);
    }
}
