// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.device.TestDevice;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.MessageHeader;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sequences of messages that a script of bytes makes up, many of them nearly right. Each script is one session; after it
 * the server has to serve a front-end that keeps to the rules. A script that fails is shown in hexadecimal digits: it goes
 * into the corpus, a file beside this class, and stays there when the bug is gone.
 */
@Timeout(3600)
class HostileMessagesTest {
    private static final int SCRIPTS = Boolean.getBoolean("paravirt.thorough") ? 200_000 : 200;
    private static final int RING_SIZE = 4;
    private static final int MOST_MESSAGES = 40;

    /** What sessions consist of that last: little of this ends one if it is nearly right. */
    private static final int[] LASTING = {
        FrontEndRequest.SET_INFLIGHT_FD,
        FrontEndRequest.SET_INFLIGHT_FD,
        FrontEndRequest.SET_INFLIGHT_FD,
        FrontEndRequest.GET_INFLIGHT_FD,
        FrontEndRequest.GET_VRING_BASE,
        FrontEndRequest.GET_VRING_BASE,
        FrontEndRequest.SET_VRING_KICK,
        FrontEndRequest.SET_VRING_KICK,
        FrontEndRequest.SET_VRING_ENABLE,
        FrontEndRequest.SET_VRING_ENABLE,
        FrontEndRequest.SET_VRING_ADDR,
        FrontEndRequest.SET_VRING_CALL,
        FrontEndRequest.SET_MEM_TABLE,
        FrontEndRequest.ADD_MEM_REG,
        FrontEndRequest.REM_MEM_REG,
        FrontEndRequest.SET_LOG_BASE,
        FrontEndRequest.SET_CONFIG,
        FrontEndRequest.SET_STATUS,
        FrontEndRequest.RESET_DEVICE,
    };

    @TempDir
    private Path folder;

    @Test
    void scriptsMadeUpNow() throws IOException {
        playScripts(new Random(5), false);
    }

    @Test
    void scriptsOfSessionsThatLast() throws IOException {
        playScripts(new Random(6), true);
    }

    private void playScripts(Random dice, boolean lasting) throws IOException {
        try (VhostUserServer server = server()) {
            for (int script = 0; script < SCRIPTS; script++) {
                byte[] bytes = new byte[dice.nextInt(8, 400)];
                dice.nextBytes(bytes);
                play(new Script(bytes, lasting));
                if (script % 10 == 9) {
                    serves(bytes);
                }
            }
            assertThat(server.session().counters(0).requests()).isPositive();
        }
    }

    @Test
    void scriptsOfTheCorpus() throws IOException {
        try (VhostUserServer server = server();
                InputStream corpus = HostileMessagesTest.class.getResourceAsStream("hostile-messages.txt")) {
            assertThat(corpus).isNotNull();
            List<String> scripts = new String(corpus.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList();
            assertThat(scripts).isNotEmpty();
            for (String script : scripts) {
                byte[] bytes = HexFormat.of().parseHex(script);
                play(new Script(bytes, false));
                serves(bytes);
            }
            assertThat(server.session().counters(0).requests()).isPositive();
        }
    }

    private VhostUserServer server() throws IOException {
        return VhostUserServer.listen(
                folder.resolve("s"), new TestDevice(RING_SIZE, RING_SIZE), new VhostUserOptions());
    }

    private void serves(byte[] after) throws IOException {
        FeatureBits features = FeatureBits.of(Features.VERSION_1);
        try (TestFrontEnd good =
                        TestFrontEnd.connect(folder.resolve("s"), features).begin();
                TestFrontEnd.Ring ring = good.ring(0, RING_SIZE).start(0)) {
            ring.roundTrip(1);
        } catch (IOException | RuntimeException | AssertionError failure) {
            throw new AssertionError("after script " + HexFormat.of().formatHex(after), failure);
        }
    }

    /** Plays a script to its end, or until the server has had enough. */
    private void play(Script script) throws IOException {
        int kind = script.next(4);
        FeatureBits features = kind % 2 == 0 ? VhostUserOptions.FEATURES : FeatureBits.of(Features.VERSION_1);
        long protocol = kind < 2 && !script.lasting ? TestFrontEnd.PROTOCOL : TestFrontEnd.INFLIGHT_PROTOCOL;
        try (TestFrontEnd frontEnd = TestFrontEnd.connect(folder.resolve("s"), features);
                TestFrontEnd.Ring ring = frontEnd.ring(0, RING_SIZE)) {
            if (!script.rarely(4)) {
                frontEnd.begin(protocol);
            }
            if (script.next(3) == 0) {
                ring.start(0);
                ring.send(1);
            }
            for (int message = 0; message < MOST_MESSAGES && script.goesOn(); message++) {
                send(script, frontEnd, ring);
            }
            if (script.lasting) {
                frontEnd.send(FrontEndRequest.GET_FEATURES, Message.payload(0));
                frontEnd.awaitReplyOrEnd(FrontEndRequest.GET_FEATURES);
            }
        } catch (LinuxException ended) {
            // The server has ended the session: that is its right.
            assertThat(ended.operation()).startsWith("sendmsg");
        }
    }

    private static void send(Script script, TestFrontEnd frontEnd, TestFrontEnd.Ring ring) throws IOException {
        int request = script.lasting ? LASTING[script.next(LASTING.length)] : script.next(44);
        int flags = switch (script.next(script.lasting ? 6 : 16) + (script.lasting ? 2 : 0)) {
            case 0 -> MessageHeader.REPLY;
            case 1 -> 1 << script.next(32);
            case 2, 3, 4, 5 -> MessageHeader.NEED_REPLY;
            default -> 0;
        };
        ByteBuffer payload = payload(script, request, ring);
        int count = script.rarely(8) ? script.next(9) : usualDescriptors(request, payload);
        FileDescriptor[] descriptors = new FileDescriptor[count];
        for (int index = 0; index < count; index++) {
            boolean memory = script.rarely(8) ^ isForMemory(request);
            descriptors[index] = memory ? frontEnd.memory() : bell(script, ring).descriptor();
        }
        frontEnd.send(request, flags, payload, descriptors);
        if (script.next(4) == 0) {
            ring.kick.signal();
        }
        if (script.next(8) == 0) {
            frontEnd.region.putLong(script.next(256) * 8L, script.nextLong());
        }
    }

    private static boolean isForMemory(int request) {
        return switch (request) {
            case FrontEndRequest.SET_MEM_TABLE,
                    FrontEndRequest.SET_LOG_BASE,
                    FrontEndRequest.ADD_MEM_REG,
                    FrontEndRequest.SET_INFLIGHT_FD -> true;
            default -> false;
        };
    }

    private static Eventfd bell(Script script, TestFrontEnd.Ring ring) {
        return script.next(2) == 0 ? ring.kick : ring.call;
    }

    private static int usualDescriptors(int request, ByteBuffer payload) {
        if (payload.capacity() < Long.BYTES) {
            return 0;
        }
        return switch (request) {
            case FrontEndRequest.SET_MEM_TABLE -> Math.clamp(payload.getInt(0), 0, 8);
            case FrontEndRequest.SET_LOG_BASE, FrontEndRequest.ADD_MEM_REG, FrontEndRequest.SET_INFLIGHT_FD -> 1;
            case FrontEndRequest.SET_VRING_KICK, FrontEndRequest.SET_VRING_CALL, FrontEndRequest.SET_VRING_ERR ->
                (payload.getLong(0) & Payload.VRING_NO_DESCRIPTOR) == 0 ? 1 : 0;
            default -> 0;
        };
    }

    private static ByteBuffer payload(Script script, int request, TestFrontEnd.Ring ring) {
        if (script.rarely(10)) {
            return script.fill(Message.payload(script.next(100)), 0);
        }
        return switch (request) {
            case FrontEndRequest.SET_FEATURES -> Message.payloadOf(features(script));
            case FrontEndRequest.SET_PROTOCOL_FEATURES ->
                Message.payloadOf(script.next(4) == 0 ? TestFrontEnd.INFLIGHT_PROTOCOL : TestFrontEnd.PROTOCOL);
            case FrontEndRequest.SET_MEM_TABLE -> memoryTable(script);
            case FrontEndRequest.SET_LOG_BASE ->
                Message.payload(Payload.LOG_SIZE).putLong(0, 1L << script.next(40));
            case FrontEndRequest.GET_INFLIGHT_FD, FrontEndRequest.SET_INFLIGHT_FD ->
                // In the first pages, where the rings are as well, and what a script writes.
                TestFrontEnd.inflight(
                        1L << (script.lasting ? 10 + script.next(10) : script.next(20)),
                        script.next(16) * 64L,
                        script.lasting ? 1 + script.next(2) : script.next(4),
                        script.next(4) == 0 ? script.next(256) : RING_SIZE);
            case FrontEndRequest.SET_VRING_NUM -> Message.vringState(script.next(3), 1 << script.next(5));
            case FrontEndRequest.SET_VRING_BASE, FrontEndRequest.GET_VRING_BASE, FrontEndRequest.VRING_KICK ->
                Message.vringState(script.ring(), script.next(256) << script.next(20));
            case FrontEndRequest.SET_VRING_ENABLE -> Message.vringState(script.ring(), script.next(2));
            case FrontEndRequest.SET_VRING_ADDR -> addresses(script, ring);
            case FrontEndRequest.SET_VRING_KICK, FrontEndRequest.SET_VRING_CALL, FrontEndRequest.SET_VRING_ERR ->
                Message.payloadOf(script.ring() | (script.next(4) == 0 ? Payload.VRING_NO_DESCRIPTOR : 0));
            case FrontEndRequest.SET_STATUS, FrontEndRequest.NET_SET_MTU, FrontEndRequest.SEND_RARP ->
                Message.payloadOf(script.next(256));
            case FrontEndRequest.GET_CONFIG, FrontEndRequest.SET_CONFIG -> {
                int length = script.next(40);
                yield script.fill(Message.payload(Payload.CONFIG_BYTES + length), Payload.CONFIG_BYTES)
                        .putInt(Payload.CONFIG_OFFSET, script.next(30))
                        .putInt(Payload.CONFIG_LENGTH, length);
            }
            case FrontEndRequest.ADD_MEM_REG, FrontEndRequest.REM_MEM_REG -> {
                ByteBuffer region = Message.payload(Payload.REGIONS + Payload.REGION_SIZE);
                putRegion(script, region, Payload.REGIONS);
                yield region;
            }
            default -> Message.payload(0);
        };
    }

    private static long features(Script script) {
        long usual = VhostUserOptions.FEATURES.low() | 1L << ProtocolFeatures.VHOST_USER_F_PROTOCOL_FEATURES;
        return script.next(3) == 0 ? usual : usual ^ 1L << script.next(64);
    }

    private static ByteBuffer memoryTable(Script script) {
        int count = script.next(4);
        ByteBuffer table = Message.payload(Payload.REGIONS + (count + script.next(2)) * Payload.REGION_SIZE);
        table.putInt(Payload.REGION_COUNT, count);
        for (int index = 0; index < count; index++) {
            putRegion(script, table, Payload.REGIONS + index * Payload.REGION_SIZE);
        }
        return table;
    }

    private static void putRegion(Script script, ByteBuffer payload, int at) {
        if (script.next(2) == 0) {
            TestFrontEnd.putRegion(payload, at, TestFrontEnd.GUEST, TestFrontEnd.MEMORY, TestFrontEnd.USER, 0);
        } else {
            long page = 4096;
            TestFrontEnd.putRegion(
                    payload,
                    at,
                    script.next(256) * page * 16,
                    script.next(256) * page / 4,
                    script.next(256) * page,
                    script.next(64) * page / 8);
        }
    }

    private static ByteBuffer addresses(Script script, TestFrontEnd.Ring ring) {
        ByteBuffer addresses = ring.addresses();
        if (script.next(2) == 0) {
            int field = Payload.ADDRESS_DESCRIPTOR + 8 * script.next(3);
            addresses.putLong(field, addresses.getLong(field) + ((long) script.next(256) - 128 << script.next(20)));
        }
        return addresses;
    }

    /** Numbers out of a script; zeroes when it is over. */
    private static final class Script {
        private final byte[] bytes;

        /** Whether most of it keeps to the rules. */
        private final boolean lasting;

        private int at;

        Script(byte[] bytes, boolean lasting) {
            this.bytes = bytes;
            this.lasting = lasting;
        }

        boolean goesOn() {
            return at < bytes.length;
        }

        int next(int bound) {
            return at < bytes.length ? (bytes[at++] & 0xff) % bound : 0;
        }

        /** Once in so many times, or less often. */
        boolean rarely(int times) {
            return next(lasting ? 12 * times : times) == 0;
        }

        /** Index of a ring; there may be none of it. */
        int ring() {
            return lasting && !rarely(8) ? next(2) : next(3);
        }

        long nextLong() {
            long value = 0;
            for (int i = 0; i < Long.BYTES; i++) {
                value = value << 8 | next(256);
            }
            return value;
        }

        ByteBuffer fill(ByteBuffer payload, int from) {
            for (int index = from; index < payload.capacity(); index++) {
                payload.put(index, (byte) next(256));
            }
            return payload;
        }
    }
}
