// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PeerDoorbellTest {
    @TempDir
    private Path folder;

    @Test
    void signalsWhateverThePeerGaveLast() throws IOException {
        UnixSocket.Pair pair = UnixSocket.pair();
        try (Eventfd first = Eventfd.create();
                Eventfd second = Eventfd.create();
                UnixSocket near = pair.first();
                UnixSocket far = pair.second();
                PeerDoorbell bell = PeerDoorbell.adopt(first.descriptor().duplicate())) {
            bell.signal();
            assertThat(first.drain()).isEqualTo(1);
            bell.replace(far.descriptor().duplicate());
            bell.signal();
            assertThat(first.drain()).isZero();
            assertThat(Eventfd.adopt(near.descriptor()).drain()).isEqualTo(1);
            bell.replace(second.descriptor().duplicate());
            bell.signal();
            assertThat(second.drain()).isEqualTo(1);
        }
    }

    @Test
    void aSocketThatNobodyReadsHoldsNobodyUp() throws IOException {
        UnixSocket.Pair pair = UnixSocket.pair();
        try (UnixSocket far = pair.second();
                PeerDoorbell bell = PeerDoorbell.adopt(far.descriptor().duplicate())) {
            try (UnixSocket near = pair.first()) {
                // The peer has a duplicate, and with it the flags.
                far.descriptor().setNonBlocking(false);
                for (int i = 0; i < 10_000; i++) {
                    bell.signal();
                }
                assertThat(near.awaitReadable(0)).isTrue();
            }
            bell.signal();
        }
    }

    @Test
    void endsTheWaitThatAHostileCounterMakes() throws Exception {
        try (Eventfd full = Eventfd.create();
                Arena arena = Arena.ofConfined();
                PeerDoorbell bell = PeerDoorbell.adopt(full.descriptor().duplicate())) {
            MemorySegment most = arena.allocate(8, 8);
            most.set(ValueLayout.JAVA_LONG, 0, -2);
            assertThat(Libc.write(full.descriptor().number(), most, 8)).isEqualTo(8);
            full.descriptor().setNonBlocking(false);
            Thread worker = Thread.ofPlatform().start(() -> {
                try {
                    bell.signal();
                } catch (LinuxException failure) {
                    throw new AssertionError(failure);
                }
            });
            while (worker.isAlive()) {
                bell.release();
                worker.join(1);
            }
            bell.signal();
        }
    }

    @Test
    void refusesWhatAWriteCouldWaitOnForGood() throws IOException {
        try (SignalPipe pipe = SignalPipe.create();
                PositionalFile file = PositionalFile.open(
                        folder.resolve("file"), Set.of(PositionalFile.Option.WRITE, PositionalFile.Option.CREATE));
                Eventfd fine = Eventfd.create();
                PeerDoorbell bell = PeerDoorbell.adopt(fine.descriptor().duplicate())) {
            FileDescriptor end = pipe.readEnd().duplicate();
            assertThatThrownBy(() -> PeerDoorbell.adopt(end)).hasMessageContaining("no eventfd");
            assertThat(end.isOpen()).isFalse();
            FileDescriptor plain = file.descriptor().duplicate();
            assertThatThrownBy(() -> bell.replace(plain)).hasMessageContaining("no eventfd");
            assertThat(plain.isOpen()).isFalse();
            bell.signal();
            assertThat(fine.drain()).isEqualTo(1);
        }
    }
}
