// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;
import dev.paravirt.toyos.abi.Program;
import dev.paravirt.toyos.abi.SystemCall;
import dev.paravirt.toyos.abi.SystemCallGate;
import dev.paravirt.toyos.block.SparseVolume;
import dev.paravirt.toyos.fat32.BlankVolume;
import dev.paravirt.toyos.net.Configuration;
import dev.paravirt.toyos.net.NetworkInterface;
import dev.paravirt.toyos.net.NetworkStack;
import dev.paravirt.toyos.programs.Programs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Programs that use the network of a machine that is alone: what they send to themselves comes back. */
@Timeout(60)
class NetworkCallsTest {
    private static final int OWN = 0x0A00_0001;
    private static final int LOOPBACK = 0x7F00_0001;

    private final TestMachine machine = new TestMachine();
    private final SparseVolume volume = BlankVolume.create();
    private int connectionsAtTheEnd = -1;

    /** A cable that leads nowhere. */
    private static final class DeadEnd implements NetworkInterface {
        @Override
        public long mac() {
            return 0x0200_0000_0001L;
        }

        @Override
        public int mtu() {
            return 1500;
        }

        @Override
        public boolean send(byte[] frame, int start, int length) {
            return true;
        }

        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int receive(byte[] frame) {
            return 0;
        }
    }

    private int run(Map<String, Program> programs, String... script) throws IOException {
        Scheduler scheduler = new Scheduler(machine);
        Kernel kernel = new Kernel(machine, scheduler, programs);
        NetworkStack stack =
                new NetworkStack(new DeadEnd(), machine::monotonicNanos, new Random(5), scheduler::awaitUnlessStopped);
        Network network = new Network(stack, scheduler, kernel.console());
        network.start(new Configuration(OWN, 24, 0, List.of()));
        Disks disks = new Disks(volume, null);
        int status = kernel.run(new Devices(disks, null, network, List.of()), script);
        connectionsAtTheEnd = stack.connections();
        return status;
    }

    private int run(String... script) throws IOException {
        return run(Programs.all(), script);
    }

    private List<String> lines() {
        return machine.lines();
    }

    @Test
    void aFileIsServedAndFetched() throws IOException {
        int status = run(
                "write /f 200000 3",
                "httpd / 8080 -n 3 &",
                "httpget http://10.0.0.1:8080/f -o /g",
                "httpget http://127.0.0.1:8080/",
                "httpget http://127.0.0.1:8080/g -q -o /h",
                "sha256 /f /g /h",
                "wait");
        assertThat(status).as("%s", lines()).isZero();
        assertThat(lines().stream()
                        .filter(line -> line.contains("\"event\":\"file\""))
                        .map(line -> line.substring(line.indexOf("\"size\"")))
                        .distinct())
                .hasSize(1);
        assertThat(lines()).anyMatch(line -> line.contains("<a href=\"./f\">f</a>"));
        assertThat(connectionsAtTheEnd).isZero();
    }

    @Test
    void whatCannotBeFetchedIsSaid() throws IOException {
        assertThat(run(
                        "httpd / 80 -n 2 -q &",
                        "httpget http://10.0.0.1/nothing -o /kept",
                        "httpget http://10.0.0.1/../x",
                        "httpget http://10.0.0.1:81/",
                        "httpget https://10.0.0.1/",
                        "httpget http://nowhere.example/",
                        "httpget http://10.1.0.1/",
                        "ping 10.0.0.9 -c 1",
                        "wait",
                        "ls /kept"))
                .isOne();
        assertThat(lines())
                .anyMatch(line -> line.contains("httpget: ") && line.contains("404 Not Found"))
                .anyMatch(line -> line.contains("httpget: ") && line.contains("400 Bad Request"))
                .anyMatch(line -> line.contains(Errno.CONNECTION_REFUSED.text()) && line.contains("10.0.0.1:81"))
                .anyMatch(line -> line.contains("https://10.0.0.1/"))
                .anyMatch(line -> line.contains(Errno.UNREACHABLE.text()) && line.contains("nowhere.example"))
                .anyMatch(line -> line.contains(Errno.UNREACHABLE.text()) && line.contains("10.1.0.1"))
                .anyMatch(line -> line.equals("1 sent, 0 received, 100 % lost"));
    }

    @Test
    void theNetworkIsShown() throws IOException {
        int status = run("ifconfig -v", "ping 127.0.0.1 -c 2 -i 1", "ping 10.0.0.1 -c 2 -i 1 -s 1000");
        assertThat(status).as("%s", lines()).isZero();
        assertThat(lines())
                .contains("net0  link up, 02:00:00:00:00:01, MTU 1500", "      10.0.0.1/24")
                .anyMatch(line -> line.startsWith("1008 bytes from 10.0.0.1: seq=1"))
                .anyMatch(line -> line.endsWith("  frames sent"));
    }

    /** A program's memory and gate, with numbers put into and got out of it. */
    private record User(byte[] memory, SystemCallGate gate) {
        long call(SystemCall call, long... arguments) {
            long[] all = new long[4];
            System.arraycopy(arguments, 0, all, 0, arguments.length);
            return gate.call(call.number(), all[0], all[1], all[2], all[3]);
        }

        void expect(Errno errno, SystemCall call, long... arguments) {
            assertThat(call(call, arguments)).as("%s", call).isEqualTo(errno.result());
        }

        ByteBuffer fields() {
            return ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    private interface Body {
        void run(User user);
    }

    private void runProgram(Body body) throws IOException {
        Map<String, Program> programs = new HashMap<>(Programs.all());
        programs.put("it", (memory, gate, words) -> {
            body.run(new User(memory, gate));
            return 0;
        });
        assertThat(run(programs, "it")).as("%s", lines()).isZero();
    }

    @Test
    void nothingThatAProgramPassesIsTrusted() throws IOException {
        runProgram(user -> {
            long top = user.memory().length;
            long listener = user.call(SystemCall.LISTEN, 80, 4);
            long client = user.call(SystemCall.CONNECT, LOOPBACK, 80, 1_000_000_000L);
            long datagrams = user.call(SystemCall.BIND, 0);
            user.call(SystemCall.TIMEOUT, listener, 0);
            user.call(SystemCall.TIMEOUT, client, 0);
            user.call(SystemCall.TIMEOUT, datagrams, 0);
            user.expect(Errno.BAD_ADDRESS, SystemCall.ACCEPT, listener, top - 7);
            user.expect(Errno.INVALID_ARGUMENT, SystemCall.ACCEPT, client, 0);
            user.expect(Errno.BAD_ADDRESS, SystemCall.READ, client, top - 1, 2);
            user.expect(Errno.BAD_ADDRESS, SystemCall.WRITE, client, -1, 2);
            user.expect(Errno.BAD_ADDRESS, SystemCall.SEND, datagrams, 0, 1, Long.MAX_VALUE - 2);
            user.expect(Errno.BAD_ADDRESS, SystemCall.SEND, datagrams, 0, Long.MAX_VALUE, 0);
            user.expect(Errno.BAD_ADDRESS, SystemCall.RECEIVE, datagrams, 0, 1, top - 7);
            user.expect(Errno.BAD_ADDRESS, SystemCall.ENDPOINTS, client, top - 15);
            user.expect(Errno.BAD_ADDRESS, SystemCall.POLL, top - 11, 1, 0);
            user.expect(Errno.INVALID_ARGUMENT, SystemCall.POLL, 0, Long.MAX_VALUE, 0);
            user.expect(Errno.INVALID_ARGUMENT, SystemCall.CONNECT, LOOPBACK, 70_000, 1);
            user.expect(Errno.INVALID_ARGUMENT, SystemCall.CONNECT, Long.MAX_VALUE, 80, 1);
            user.expect(Errno.INVALID_ARGUMENT, SystemCall.LISTEN, 81, 0);
            user.expect(Errno.ADDRESS_IN_USE, SystemCall.LISTEN, 80, 1);
            user.expect(Errno.INVALID_ARGUMENT, SystemCall.INTERFACE, 0, 4);
            user.expect(Errno.BAD_ADDRESS, SystemCall.COUNTER, 0, top, 100);
            user.expect(Errno.BAD_ADDRESS, SystemCall.RESOLVE, 0, 1, top, 4);
            user.expect(Errno.MESSAGE_TOO_LONG, SystemCall.PING, LOOPBACK, 1 << 20, 1);
            user.expect(Errno.NOT_YET, SystemCall.READ, client, 0, 1);
            user.expect(Errno.NOT_YET, SystemCall.RECEIVE, datagrams, 0, 1, 0);
            user.expect(Errno.NOT_A_DIRECTORY, SystemCall.READDIR, client, 0, 100);
            user.expect(Errno.INVALID_ARGUMENT, SystemCall.SEEK, client, 0);
            user.expect(Errno.BAD_DESCRIPTOR, SystemCall.SHUTDOWN, 99);
        });
        assertThat(connectionsAtTheEnd).as("closed with the program").isZero();
    }

    @Test
    void datagramsCarryTheirSender() throws IOException {
        runProgram(user -> {
            long server = user.call(SystemCall.BIND, 7);
            long client = user.call(SystemCall.BIND, 0);
            user.fields().putInt(100, LOOPBACK).putInt(104, 7).put(200, (byte) 'x');
            assertThat(user.call(SystemCall.SEND, client, 200, 3, 100)).isEqualTo(3);
            assertThat(user.call(SystemCall.RECEIVE, server, 300, 1, 400))
                    .as("the whole length")
                    .isEqualTo(3);
            assertThat(user.memory()[300]).isEqualTo((byte) 'x');
            assertThat(user.memory()[301]).isZero();
            assertThat(user.fields().getInt(400 + Layout.ENDPOINT_ADDRESS)).isEqualTo(LOOPBACK);
            assertThat(user.call(SystemCall.ENDPOINTS, client, 500)).isZero();
            assertThat(user.fields().getInt(404)).isEqualTo(user.fields().getInt(504));
            user.call(SystemCall.TIMEOUT, server, 1_000_000);
            user.expect(Errno.TIMED_OUT, SystemCall.RECEIVE, server, 300, 1, 400);
        });
    }

    @Test
    void bothEndsOfAConnectionCloseByThemselves() throws IOException {
        runProgram(user -> {
            long listener = user.call(SystemCall.LISTEN, 80, 4);
            long client = user.call(SystemCall.CONNECT, OWN, 80, 1_000_000_000L);
            long server = user.call(SystemCall.ACCEPT, listener, 0);
            user.fields().putInt(600, (int) server).putInt(604, Layout.POLL_READABLE);
            assertThat(user.call(SystemCall.POLL, 600, 1, 1_000_000)).isZero();
            assertThat(user.call(SystemCall.WRITE, client, 0, 5)).isEqualTo(5);
            assertThat(user.call(SystemCall.POLL, 600, 1, -1)).isOne();
            assertThat(user.fields().getInt(608)).isEqualTo(Layout.POLL_READABLE);
            assertThat(user.call(SystemCall.SHUTDOWN, client)).isZero();
            assertThat(user.call(SystemCall.READ, server, 0, 100)).isEqualTo(5);
            assertThat(user.call(SystemCall.READ, server, 0, 100)).isZero();
            assertThat(user.call(SystemCall.WRITE, server, 0, 7)).isEqualTo(7);
            assertThat(user.call(SystemCall.READ, client, 0, 100)).isEqualTo(7);
            user.expect(Errno.NOT_CONNECTED, SystemCall.WRITE, client, 0, 1);
            assertThat(user.call(SystemCall.CLOSE, server)).isZero();
            assertThat(user.call(SystemCall.READ, client, 0, 100)).isZero();
            assertThat(user.call(SystemCall.CLOSE, listener)).isZero();
        });
    }
}
