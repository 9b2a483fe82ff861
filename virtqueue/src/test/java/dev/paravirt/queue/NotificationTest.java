// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.queue.traffic.QueuePair;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who is to be notified, and how seldom that is. */
class NotificationTest {
    private static final int SIZE = 8;

    static List<VirtqueueFormat> formats() {
        return QueuePair.formats();
    }

    private static QueuePair pair(VirtqueueFormat format) {
        return new QueuePair(format, SIZE, 0, 64);
    }

    private static boolean submit(QueuePair pair, int buffers) {
        for (int i = 0; i < buffers; i++) {
            assertThat(pair.driver().addWritable(QueuePair.BUFFERS, 4, i)).isTrue();
        }
        return pair.driver().publish();
    }

    private static boolean serve(QueuePair pair, int buffers) {
        for (int i = 0; i < buffers; i++) {
            pair.device().push(Objects.requireNonNull(pair.device().poll()), 1);
        }
        return pair.device().publish();
    }

    private static void complete(QueuePair pair, int buffers) {
        for (int i = 0; i < buffers; i++) {
            assertThat(pair.driver().poll()).isNotEqualTo(DriverVirtqueue.NONE);
        }
        assertThat(pair.driver().poll()).isEqualTo(DriverVirtqueue.NONE);
    }

    @ParameterizedTest
    @MethodSource("formats")
    void firstBufferIsNotifiedBothWays(VirtqueueFormat format) {
        try (QueuePair pair = pair(format)) {
            assertThat(pair.driver().publish()).as("nothing added").isFalse();
            assertThat(submit(pair, 1)).isTrue();
            assertThat(pair.device().publish()).as("nothing pushed").isFalse();
            assertThat(serve(pair, 1)).isTrue();
        }
    }

    /** From any place in the ring, a batch wakes a sleeping device once; with an event index what follows does not. */
    @ParameterizedTest
    @MethodSource("formats")
    void sleepingDeviceIsNotified(VirtqueueFormat format) {
        try (QueuePair pair = pair(format)) {
            for (int turn = 0; turn < 5 * SIZE; turn++) {
                int batch = 1 + turn % 4;
                assertThat(pair.device().enableAvailableNotifications()).isTrue();
                assertThat(submit(pair, batch)).isTrue();
                assertThat(submit(pair, batch)).isEqualTo(!format.eventIndex());
                assertThat(pair.device().enableAvailableNotifications()).isFalse();
                serve(pair, 2 * batch);
                complete(pair, 2 * batch);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void sleepingDriverIsNotified(VirtqueueFormat format) {
        try (QueuePair pair = pair(format)) {
            for (int turn = 0; turn < 5 * SIZE; turn++) {
                int batch = 1 + turn % 4;
                submit(pair, 2 * batch);
                assertThat(pair.driver().enableUsedNotifications()).isTrue();
                assertThat(serve(pair, batch)).isTrue();
                assertThat(serve(pair, batch)).isEqualTo(!format.eventIndex());
                assertThat(pair.driver().enableUsedNotifications()).isFalse();
                complete(pair, 2 * batch);
            }
        }
    }

    /** Who polls is left alone, apart from the first time. */
    @ParameterizedTest
    @MethodSource("formats")
    void nobodyIsNotifiedWhoDoesNotWantIt(VirtqueueFormat format) {
        try (QueuePair pair = pair(format)) {
            submit(pair, 1);
            serve(pair, 1);
            complete(pair, 1);
            pair.device().disableAvailableNotifications();
            pair.driver().disableUsedNotifications();
            for (int turn = 0; turn < 10 * SIZE; turn++) {
                assertThat(submit(pair, 3)).isFalse();
                assertThat(serve(pair, 3)).isFalse();
                complete(pair, 3);
            }
        }
    }

    /** Asking twice, or after having asked for none, is the same as asking once. */
    @ParameterizedTest
    @MethodSource("formats")
    void wishesAreRepeatable(VirtqueueFormat format) {
        try (QueuePair pair = pair(format)) {
            for (int turn = 0; turn < 3 * SIZE; turn++) {
                pair.device().disableAvailableNotifications();
                pair.device().disableAvailableNotifications();
                assertThat(pair.device().enableAvailableNotifications()).isTrue();
                assertThat(pair.device().enableAvailableNotifications()).isTrue();
                pair.driver().disableUsedNotifications();
                assertThat(pair.driver().enableUsedNotifications()).isTrue();
                assertThat(pair.driver().enableUsedNotifications()).isTrue();
                assertThat(submit(pair, 1)).isTrue();
                assertThat(serve(pair, 1)).isTrue();
                complete(pair, 1);
            }
        }
    }
}
