// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.jvm.vhostuser.ScriptedBackEnd.Lie;
import dev.paravirt.guest.jvm.vhostuser.ScriptedBackEnd.Reply;
import dev.paravirt.queue.traffic.OpenDescriptors;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.MessageHeader;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.vhostuser.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Back-ends whose answers are wrong: the driver does not start, says why, and nothing is left open. */
@Timeout(60)
class HostileBackEndTest {
    private static final FrontEndOptions OPTIONS =
            FrontEndOptions.DEFAULT.withMemory(1 << 20).withPatience(Duration.ofSeconds(20));

    /** Those that a driver which starts has to have an answer to. */
    private static final List<Integer> ANSWERED = List.of(
            FrontEndRequest.GET_FEATURES,
            FrontEndRequest.GET_PROTOCOL_FEATURES,
            FrontEndRequest.GET_QUEUE_NUM,
            FrontEndRequest.SET_BACKEND_REQ_FD,
            FrontEndRequest.SET_FEATURES,
            FrontEndRequest.SET_MEM_TABLE,
            FrontEndRequest.SET_STATUS,
            FrontEndRequest.GET_STATUS,
            FrontEndRequest.GET_CONFIG,
            FrontEndRequest.GET_INFLIGHT_FD,
            FrontEndRequest.SET_INFLIGHT_FD,
            FrontEndRequest.SET_VRING_NUM,
            FrontEndRequest.SET_VRING_BASE,
            FrontEndRequest.SET_VRING_ADDR,
            FrontEndRequest.SET_VRING_ERR,
            FrontEndRequest.SET_VRING_CALL,
            FrontEndRequest.SET_VRING_KICK,
            FrontEndRequest.SET_VRING_ENABLE);

    /** What may be wrong with an answer of any kind. */
    private enum Wrong implements Lie {
        OTHER_REQUEST {
            @Override
            public Reply tell(Reply truth) {
                return new Reply(truth.request() + 1, truth.flags(), truth.payload(), truth.descriptors());
            }
        },
        NO_REPLY_FLAG {
            @Override
            public Reply tell(Reply truth) {
                return new Reply(truth.request(), 0, truth.payload(), truth.descriptors());
            }
        },
        A_FLAG_TOO_MANY {
            @Override
            public Reply tell(Reply truth) {
                return new Reply(
                        truth.request(),
                        MessageHeader.REPLY | MessageHeader.NEED_REPLY,
                        truth.payload(),
                        truth.descriptors());
            }
        },
        OTHER_VERSION {
            @Override
            public Reply tell(Reply truth) {
                return new Reply(truth.request(), MessageHeader.REPLY | 2, truth.payload(), truth.descriptors());
            }
        },
        NO_PAYLOAD {
            @Override
            public Reply tell(Reply truth) {
                return resized(truth, 0);
            }
        },
        TOO_SHORT {
            @Override
            public Reply tell(Reply truth) {
                return resized(truth, Math.min(truth.payload().capacity(), Payload.INFLIGHT_LEAST_SIZE) - 1);
            }
        },
        TOO_LONG {
            @Override
            public Reply tell(Reply truth) {
                return resized(truth, truth.payload().capacity() + 1);
            }
        },
        A_DESCRIPTOR_TOO_MANY {
            @Override
            public Reply tell(Reply truth) {
                return new Reply(truth.request(), truth.flags(), truth.payload(), truth.descriptors() + 1);
            }
        },
        AS_MANY_DESCRIPTORS_AS_GO {
            @Override
            public Reply tell(Reply truth) {
                return new Reply(truth.request(), truth.flags(), truth.payload(), 8);
            }
        },
        END {
            @Override
            public @Nullable Reply tell(Reply truth) {
                return null;
            }
        };

        private static Reply resized(Reply truth, int size) {
            ByteBuffer payload = Message.payload(size);
            payload.put(
                    0,
                    truth.payload().array(),
                    0,
                    Math.min(size, truth.payload().capacity()));
            return new Reply(truth.request(), truth.flags(), payload, truth.descriptors());
        }
    }

    static List<Arguments> lies() {
        List<Arguments> all = new ArrayList<>();
        for (int request : ANSWERED) {
            for (Wrong wrong : Wrong.values()) {
                all.add(Arguments.of(FrontEndRequest.describe(request), request, wrong));
            }
        }
        return all;
    }

    @TempDir
    private Path folder;

    private Path socket() {
        return folder.resolve("socket");
    }

    /** Starts a driver and stops it. */
    private void drive(FrontEndOptions options) throws IOException {
        try (VhostUserDevice device = VhostUserDevice.connect(DeviceType.BLOCK, socket(), options)) {
            BlockDriver.start(device.transport(), device.platform(), BlockDriverOptions.DEFAULT)
                    .stop();
        }
    }

    @Test
    void theTruthIsBelieved() throws IOException {
        try (ScriptedBackEnd backEnd = new ScriptedBackEnd(socket(), FrontEndRequest.GET_CONFIG, truth -> truth)) {
            drive(OPTIONS);
            assertThat(backEnd.told()).isPositive();
            assertThat(backEnd.sessions()).isEqualTo(1);
        }
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("lies")
    void aWrongAnswerIsNotBelieved(String name, int request, Wrong wrong) throws IOException {
        long before = OpenDescriptors.count();
        try (ScriptedBackEnd backEnd = new ScriptedBackEnd(socket(), request, wrong)) {
            assertThatExceptionOfType(IOException.class)
                    .as(name)
                    .isThrownBy(() -> drive(OPTIONS))
                    .withMessageContaining("block device at " + socket());
            assertThat(backEnd.told()).isPositive();
        }
        assertThat(OpenDescriptors.count()).isEqualTo(before);
    }

    @Test
    void oneThatDoesNotAnswerIsNotWaitedForForEver() throws IOException {
        long before = OpenDescriptors.count();
        try (ScriptedBackEnd backEnd = ScriptedBackEnd.silent(socket())) {
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> drive(OPTIONS.withPatience(Duration.ofMillis(50))))
                    .withMessageContaining("has not answered GET_FEATURES within 50 ms");
            assertThat(backEnd.sessions()).isPositive();
        }
        assertThat(OpenDescriptors.count()).isEqualTo(before);
    }

    /** Any bytes in place of any answer: only an exception of input and output, no descriptor left open, no stall. */
    @Test
    void anyAnswer() throws IOException {
        int rounds = Boolean.getBoolean("paravirt.thorough") ? 10_000 : 400;
        Random random = new Random(rounds);
        long before = OpenDescriptors.count();
        int started = 0;
        for (int round = 0; round < rounds; round++) {
            int request = ANSWERED.get(random.nextInt(ANSWERED.size()));
            Lie lie = truth -> {
                byte[] bytes = new byte[random.nextBoolean() ? truth.payload().capacity() : random.nextInt(64)];
                random.nextBytes(bytes);
                return new Reply(
                        random.nextInt(4) == 0 ? random.nextInt(50) : truth.request(),
                        random.nextInt(4) == 0 ? random.nextInt() & ~3 : truth.flags(),
                        Message.payload(bytes.length).put(0, bytes),
                        random.nextInt(4) == 0 ? random.nextInt(9) : truth.descriptors());
            };
            try (ScriptedBackEnd _ = new ScriptedBackEnd(socket(), request, lie)) {
                drive(OPTIONS);
                started++;
            } catch (IOException expected) {
                // That is all that may happen.
            }
        }
        assertThat(started).isLessThan(rounds / 2);
        assertThat(OpenDescriptors.count()).isEqualTo(before);
    }
}
