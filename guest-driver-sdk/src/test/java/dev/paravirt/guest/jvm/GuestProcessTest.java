// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.Memfd;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.queue.traffic.OpenDescriptors;
import dev.paravirt.spec.hypercall.ControlLayout;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.TwoProcessHello;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a guest makes of a greeting, with a test in the hypervisor's place. */
@Timeout(60)
class GuestProcessTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int DOORBELLS = 2;
    private static final int LINES = 1;
    private static final int SIZE = 16_384;

    private final Arena arena = Arena.ofShared();
    private final List<FileDescriptor> descriptors = new ArrayList<>();

    @BeforeEach
    void makeWhatIsSent() throws IOException {
        descriptors.add(
                Memfd.create("control", ControlLayout.size(DOORBELLS, LINES)).descriptor());
        descriptors.add(Memfd.create("memory", SIZE).descriptor());
        while (descriptors.size() < TwoProcessHello.descriptorCount(1, DOORBELLS, LINES)) {
            descriptors.add(Eventfd.create().descriptor());
        }
    }

    @AfterEach
    void closeIt() {
        descriptors.forEach(FileDescriptor::close);
        arena.close();
    }

    private MemorySegment hello() {
        MemorySegment hello = arena.allocate(TwoProcessHello.size(1), 8);
        hello.set(ValueLayout.JAVA_LONG, TwoProcessHello.MAGIC_FIELD, TwoProcessHello.MAGIC);
        hello.set(ValueLayout.JAVA_INT, TwoProcessHello.VERSION, Hypercall.version(Hypercall.MAJOR, 9));
        hello.set(ValueLayout.JAVA_INT, TwoProcessHello.REGION_COUNT, 1);
        hello.set(ValueLayout.JAVA_INT, TwoProcessHello.DOORBELL_COUNT, DOORBELLS);
        hello.set(ValueLayout.JAVA_INT, TwoProcessHello.LINE_COUNT, LINES);
        hello.set(ValueLayout.JAVA_LONG, TwoProcessHello.CONTROL_SIZE, ControlLayout.size(DOORBELLS, LINES));
        hello.set(ValueLayout.JAVA_LONG, TwoProcessHello.region(0) + TwoProcessHello.REGION_GPA, 0x4000);
        hello.set(ValueLayout.JAVA_LONG, TwoProcessHello.region(0) + TwoProcessHello.REGION_LENGTH, SIZE);
        return hello;
    }

    private void attach(MemorySegment hello, List<FileDescriptor> sent, Consumer<GuestProcess> use) throws IOException {
        UnixSocket.Pair pair = UnixSocket.pair();
        try (UnixSocket hypervisor = pair.first()) {
            hypervisor.send(hello, sent, PATIENCE.toNanos());
            try (GuestProcess guest = GuestProcess.attach(pair.second(), PATIENCE)) {
                use.accept(guest);
            }
        }
    }

    @Test
    void takesWhatTheGreetingBrings() throws IOException {
        attach(hello(), descriptors, guest -> {
            assertThat(guest.regionCount()).isEqualTo(1);
            assertThat(guest.regionAddress(0)).isEqualTo(0x4000);
            assertThat(guest.region(0).byteSize()).isEqualTo(SIZE);
            assertThat(guest.doorbellCount()).isEqualTo(DOORBELLS);
            assertThat(guest.lineCount()).isEqualTo(LINES);
            guest.notify(1, 7);
        });
        int doorbell = TwoProcessHello.doorbellDescriptor(1, 1);
        assertThat(Eventfd.adopt(descriptors.get(doorbell)).drain()).isEqualTo(1);
    }

    private void assertRefused(MemorySegment hello, String why) {
        assertThatThrownBy(() -> attach(hello, descriptors, guest -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(why);
    }

    private MemorySegment helloWith(int offset, int value) {
        MemorySegment hello = hello();
        hello.set(ValueLayout.JAVA_INT, offset, value);
        return hello;
    }

    @Test
    void saysWhatIsWrongWithAGreeting() {
        assertRefused(helloWith(TwoProcessHello.MAGIC_FIELD, 0), "does not begin as one");
        assertRefused(helloWith(TwoProcessHello.VERSION, Hypercall.version(9, 0)), "major version is 9");
        assertRefused(helloWith(TwoProcessHello.REGION_COUNT, 17), "17 memory regions");
        assertRefused(helloWith(TwoProcessHello.REGION_COUNT, 2), "too short for its regions");
        assertRefused(helloWith(TwoProcessHello.DOORBELL_COUNT, 3), "7 descriptors came with it");
        assertRefused(helloWith(TwoProcessHello.LINE_COUNT, -1), "-1 interrupt lines");
        assertRefused(helloWith(TwoProcessHello.CONTROL_SIZE, 512), "512 bytes of control memory");
        assertRefused(helloWith(TwoProcessHello.CONTROL_SIZE, 1 << 20), "1048576 bytes claimed, 4096 there");
        assertRefused(hello().asSlice(0, 20), "too short");
        int length = TwoProcessHello.region(0) + TwoProcessHello.REGION_LENGTH;
        assertRefused(helloWith(length, 2 * SIZE), "32768 bytes claimed, 16384 there");
        assertRefused(helloWith(length, 0), "memory region 0");
    }

    @Test
    void saysWhenNobodyGreets(@TempDir Path directory) throws IOException {
        UnixSocket.Pair silent = UnixSocket.pair();
        assertThatThrownBy(() -> GuestProcess.attach(silent.first(), Duration.ofMillis(20)))
                .hasMessageContaining("did not greet this guest within 20 ms");
        silent.second().close();
        UnixSocket.Pair gone = UnixSocket.pair();
        gone.second().close();
        assertThatThrownBy(() -> GuestProcess.attach(gone.first(), PATIENCE))
                .hasMessageContaining("turned this guest away");
        assertThatThrownBy(() -> GuestProcess.attach(directory.resolve("nobody"), PATIENCE))
                .hasMessageContaining("ENOENT");
    }

    @Test
    void greetingsOfAnyContentLeaveNothingOpenOrMapped() throws IOException {
        Random random = new Random(11);
        int refused = 0;
        long before = 0;
        for (int round = -20; round < 1000; round++) {
            if (round == 0) {
                before = openAndMapped();
            }
            MemorySegment hello = hello();
            for (int change = random.nextInt(3); change >= 0; change--) {
                long offset = random.nextInt((int) hello.byteSize() / 4) * 4L;
                hello.set(ValueLayout.JAVA_INT, offset, random.nextInt(-2, random.nextBoolean() ? 5 : 100_000));
            }
            int count = random.nextInt(8) == 0 ? random.nextInt(descriptors.size()) : descriptors.size();
            try {
                attach(hello, descriptors.subList(0, count), guest -> {});
            } catch (IOException expected) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(500);
        assertThat(openAndMapped()).isEqualTo(before);
    }

    private static long openAndMapped() throws IOException {
        return OpenDescriptors.count() + OpenDescriptors.mappings();
    }
}
