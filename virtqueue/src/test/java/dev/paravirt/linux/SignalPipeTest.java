// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SignalPipeTest {
    @Test
    void isReadLikeAnEventfd() throws IOException {
        try (SignalPipe pipe = SignalPipe.create();
                Eventfd receiver = Eventfd.adopt(pipe.readEnd().duplicate())) {
            assertThat(receiver.drain()).isZero();
            pipe.signal();
            pipe.signal();
            assertThat(receiver.drain()).isNotZero();
            assertThat(receiver.drain()).isZero();
        }
    }

    /** If the ends shared their flags, as both holders of an eventfd do, this would hang and fail by its timeout. */
    @Test
    void aReceiverThatClearsNonBlockingAndNeverReadsCannotHangTheSender() throws IOException {
        try (SignalPipe pipe = SignalPipe.create();
                FileDescriptor hostile = pipe.readEnd().duplicate()) {
            hostile.setNonBlocking(false);
            for (int i = 0; i < 100_000; i++) {
                pipe.signal();
            }
            assertThat(Poll.awaitOne(hostile, Constants.POLLIN, 0)).isTrue();
        }
    }
}
