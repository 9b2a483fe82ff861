// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.Memfd;
import dev.paravirt.linux.Poll;
import dev.paravirt.linux.ReceivedMessage;
import dev.paravirt.linux.SharedWords;
import dev.paravirt.linux.UnixSocket;
import dev.paravirt.spec.hypercall.ControlLayout;
import dev.paravirt.spec.hypercall.TwoProcessHello;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A guest with nothing between the test and the shared memory, so that it can do what no decent guest does. */
final class RawGuest implements AutoCloseable {
    static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    final UnixSocket socket;
    final List<FileDescriptor> descriptors = new ArrayList<>();
    final MemorySegment hello;
    final MemorySegment controlMemory;
    final SharedWords control;
    final Eventfd call;
    final Eventfd reply;
    private final Arena arena = Arena.ofShared();

    private RawGuest(UnixSocket socket, MemorySegment hello, ReceivedMessage message) throws IOException {
        this.socket = socket;
        this.hello = hello;
        for (int index = 0; index < message.descriptorCount(); index++) {
            descriptors.add(message.take(index));
        }
        long size = hello.get(ValueLayout.JAVA_LONG, TwoProcessHello.CONTROL_SIZE);
        controlMemory = Memfd.adopt(descriptors.get(0), size, true).map(0, size, arena);
        control = new SharedWords(controlMemory);
        int regions = hello.get(ValueLayout.JAVA_INT, TwoProcessHello.REGION_COUNT);
        call = Eventfd.adopt(descriptors.get(TwoProcessHello.callDescriptor(regions)));
        reply = Eventfd.adopt(descriptors.get(TwoProcessHello.replyDescriptor(regions)));
    }

    static RawGuest connect(Path path) throws IOException {
        return greeted(UnixSocket.connect(path));
    }

    static RawGuest greeted(UnixSocket socket) throws IOException {
        RawGuest guest = greetedOrTurnedAway(socket);
        if (guest == null) {
            throw new AssertionError("turned away");
        }
        return guest;
    }

    static @Nullable RawGuest greetedOrTurnedAway(UnixSocket socket) throws IOException {
        assertThat(socket.awaitReadable(PATIENCE_NANOS)).as("greeting").isTrue();
        MemorySegment bytes = Arena.ofAuto().allocate(TwoProcessHello.size(TwoProcessHello.MAX_REGIONS), 8);
        try (ReceivedMessage message = socket.receive(bytes, TwoProcessHello.MAX_DESCRIPTORS)) {
            if (message == null || message.isEndOfStream()) {
                socket.close();
                return null;
            }
            return new RawGuest(socket, bytes.asSlice(0, message.length()), message);
        }
    }

    long call(int number, long... arguments) throws IOException {
        control.putInt(ControlLayout.CALL_NUMBER, number);
        for (int argument = 0; argument < 4; argument++) {
            long value = argument < arguments.length ? arguments[argument] : 0;
            control.putLong(ControlLayout.CALL_ARGUMENTS + 8L * argument, value);
        }
        control.putIntRelease(ControlLayout.CALL_STATE, ControlLayout.CALL_REQUESTED);
        SharedWords.fullFence();
        if (control.getInt(ControlLayout.SERVER_SLEEPING) != 0) {
            call.signal();
        }
        Poll poll = new Poll(reply.descriptor(), socket.descriptor());
        while (!isDone()) {
            control.putInt(ControlLayout.CALLER_SLEEPING, 1);
            SharedWords.fullFence();
            int ready = isDone() ? 0 : poll.await(PATIENCE_NANOS);
            control.putInt(ControlLayout.CALLER_SLEEPING, 0);
            assertThat(isDone() || ready == Poll.FIRST)
                    .as("an answer, or a wake-up for one (poll " + ready + ")")
                    .isTrue();
            if (ready != 0) {
                reply.drain();
            }
        }
        return control.getLong(ControlLayout.CALL_RESULT);
    }

    private boolean isDone() {
        return control.getIntAcquire(ControlLayout.CALL_STATE) == ControlLayout.CALL_DONE;
    }

    /** The bytes of a region, mapped once more for each call. */
    MemorySegment region(int index) throws IOException {
        int entry = TwoProcessHello.region(index);
        long size = hello.get(ValueLayout.JAVA_LONG, entry + TwoProcessHello.REGION_LENGTH);
        FileDescriptor memfd = descriptors.get(TwoProcessHello.regionDescriptor(index));
        return Memfd.adopt(memfd, size, true).map(0, size, arena);
    }

    Eventfd doorbell(int doorbell) {
        int regions = hello.get(ValueLayout.JAVA_INT, TwoProcessHello.REGION_COUNT);
        return Eventfd.adopt(descriptors.get(TwoProcessHello.doorbellDescriptor(regions, doorbell)));
    }

    /** Takes the reasons of a line as HYPERCALLS.md says, sleeping until there are any. */
    int awaitReasons(int line) throws IOException {
        int regions = hello.get(ValueLayout.JAVA_INT, TwoProcessHello.REGION_COUNT);
        int doorbells = hello.get(ValueLayout.JAVA_INT, TwoProcessHello.DOORBELL_COUNT);
        int word = ControlLayout.lineReason(doorbells, line);
        int sleeping = ControlLayout.lineSleeping(doorbells, line);
        Eventfd signal = Eventfd.adopt(descriptors.get(TwoProcessHello.lineDescriptor(regions, doorbells, line)));
        Poll poll = new Poll(signal.descriptor(), socket.descriptor());
        int taken = control.getAndSetInt(word, 0);
        while (taken == 0) {
            control.putInt(sleeping, 1);
            SharedWords.fullFence();
            taken = control.getAndSetInt(word, 0);
            if (taken == 0) {
                assertThat(poll.await(PATIENCE_NANOS)).as("an interrupt").isEqualTo(Poll.FIRST);
                signal.drain();
                taken = control.getAndSetInt(word, 0);
            }
            control.putInt(sleeping, 0);
        }
        return taken;
    }

    /** Waits until the hypervisor has hung up. */
    boolean awaitHangUp() throws IOException {
        try (Arena local = Arena.ofConfined()) {
            if (!socket.awaitReadable(PATIENCE_NANOS)) {
                return false;
            }
            try (ReceivedMessage message = socket.receive(local.allocate(8), 0)) {
                return message != null && message.isEndOfStream();
            }
        }
    }

    @Override
    public void close() {
        socket.close();
        descriptors.forEach(FileDescriptor::close);
        arena.close();
    }
}
