// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventfdTest {
    @Test
    void countsSignalsAndDrainsThemAtOnce() throws IOException {
        try (Eventfd doorbell = Eventfd.create()) {
            assertThat(doorbell.drain()).isZero();
            doorbell.signal();
            doorbell.signal();
            doorbell.signal();
            assertThat(doorbell.drain()).isEqualTo(3);
            assertThat(doorbell.drain()).isZero();
        }
    }

    @Test
    void aFullCounterCountsAsSignalled() throws IOException {
        try (Eventfd doorbell = Eventfd.create();
                Arena arena = Arena.ofConfined()) {
            long largest = -2; // 2^64 - 2, the most an eventfd holds
            Libc.write(doorbell.descriptor().number(), arena.allocateFrom(ValueLayout.JAVA_LONG, largest), 8);
            doorbell.signal();
            assertThat(doorbell.drain()).isEqualTo(largest);
        }
    }

    @Test
    void aPeerThatIsGoneIsNotAnError() throws IOException {
        UnixSocket.Pair pair = UnixSocket.pair();
        pair.second().close();
        try (Eventfd doorbell = Eventfd.adopt(pair.first().descriptor())) {
            doorbell.signal();
        }
    }

    @Test
    void closedDescriptorIsRefused() throws IOException {
        Eventfd doorbell = Eventfd.create();
        doorbell.close();
        doorbell.close();
        assertThatThrownBy(doorbell::signal)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void epollReturnsTheTokenOfTheDoorbellThatRang() throws Exception {
        try (Epoll epoll = Epoll.create(8);
                Eventfd left = Eventfd.create();
                Eventfd right = Eventfd.create()) {
            epoll.add(left.descriptor(), 0x1111_2222_3333_4444L);
            epoll.add(right.descriptor(), -7);
            assertThat(epoll.await(0)).isZero();

            CompletableFuture<Integer> wait = CompletableFuture.supplyAsync(() -> {
                try {
                    return epoll.await(20_000);
                } catch (LinuxException failure) {
                    throw new IllegalStateException(failure);
                }
            });
            right.signal();
            assertThat(wait.get(20, TimeUnit.SECONDS)).isEqualTo(1);
            assertThat(epoll.token(0)).isEqualTo(-7);
            assertThat(epoll.isHangUp(0)).isFalse();
            assertThat(epoll.await(0))
                    .as("level-triggered: still there until drained")
                    .isEqualTo(1);

            right.drain();
            left.signal();
            assertThat(epoll.await(0)).isEqualTo(1);
            assertThat(epoll.token(0)).isEqualTo(0x1111_2222_3333_4444L);
            epoll.remove(left.descriptor());
            assertThat(epoll.await(0)).isZero();
            assertThatThrownBy(() -> epoll.token(0)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void edgeTriggeredNeedsNoDrain() throws IOException {
        try (Epoll epoll = Epoll.create(4);
                Eventfd doorbell = Eventfd.create()) {
            doorbell.signal();
            epoll.addEdgeTriggered(doorbell.descriptor(), 5);
            assertThat(epoll.await(0)).as("signalled before it was added").isEqualTo(1);
            for (int round = 0; round < 1000; round++) {
                assertThat(epoll.await(0)).isZero();
                doorbell.signal();
                assertThat(epoll.await(0)).isEqualTo(1);
            }
        }
    }

    @Test
    void epollTellsWhenTheOtherEndIsGone() throws IOException {
        UnixSocket.Pair pair = UnixSocket.pair();
        try (Epoll epoll = Epoll.create(4);
                UnixSocket ours = pair.first()) {
            epoll.add(ours.descriptor(), 1);
            pair.second().close();
            assertThat(epoll.await(1000)).isEqualTo(1);
            assertThat(epoll.isHangUp(0)).isTrue();
        }
    }

    @Test
    void pollTellsWhichOfTwoIsReady() throws IOException {
        try (Eventfd first = Eventfd.create();
                Eventfd second = Eventfd.create()) {
            Poll poll = new Poll(first.descriptor(), second.descriptor());
            long start = System.nanoTime();
            assertThat(poll.await(3_000_000)).isZero();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(2_900_000);
            second.signal();
            assertThat(poll.await(-1)).isEqualTo(Poll.SECOND);
            first.signal();
            assertThat(poll.await(-1)).isEqualTo(Poll.FIRST | Poll.SECOND);
            second.drain();
            assertThat(poll.await(0)).isEqualTo(Poll.FIRST);
        }
    }
}
