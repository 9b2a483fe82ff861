// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import static java.util.Objects.requireNonNull;

import com.sun.jdi.connect.IllegalConnectorArgumentsException;
import dev.paravirt.cli.Paravirt;
import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.jvm.vhostuser.FrontEndOptions;
import dev.paravirt.guest.jvm.vhostuser.VhostUserDevice;
import dev.paravirt.integration.carrier.ChildProcess;
import dev.paravirt.spec.DeviceType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code paravirt blk} in a process of its own, and where front-ends find it. */
final class DiskProgram implements AutoCloseable {
    /** How a JVM says that SIGTERM has ended it. */
    static final int TERMINATED = 128 + 15;

    /** What systemd does with a unit of sockets; Perl is part of every Debian. */
    private static final List<String> WITH_LISTENING_SOCKET = List.of("perl", "-MSocket", "-e", """
            $^F = 255; # inherited up to here
            my $path = shift;
            socket(LISTENER, AF_UNIX, SOCK_STREAM, 0) && bind(LISTENER, sockaddr_un($path)) && listen(LISTENER, 8)
                or die "$path: $!";
            exec @ARGV, "--fd", fileno(LISTENER);
            """);

    private static final List<String> WITH_DEBUGGER = List.of(
            "env", "JAVA_TOOL_OPTIONS=-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:0");

    private static final String DEBUGGER_PORT = "Listening for transport dt_socket at address: ";

    private final ChildProcess process;
    private final Path socket;
    private final @Nullable String debuggerPort;

    private DiskProgram(ChildProcess process, Path socket, @Nullable String debuggerPort) throws IOException {
        this.process = process;
        this.socket = socket;
        this.debuggerPort = debuggerPort;
        process.awaitLine("serving ");
    }

    /** Starts it, and returns once it listens. */
    static DiskProgram start(Path socket, Path image, String... options) throws IOException {
        return new DiskProgram(ChildProcess.start(Paravirt.class, arguments(socket, image, options)), socket, null);
    }

    /** Starts it in a way that allows to {@linkplain #holdWrites hold} its writes. */
    static DiskProgram startDebuggable(Path socket, Path image, String... options) throws IOException {
        ChildProcess process = ChildProcess.startBy(WITH_DEBUGGER, Paravirt.class, arguments(socket, image, options));
        String port = process.awaitLine(DEBUGGER_PORT).substring(DEBUGGER_PORT.length());
        return new DiskProgram(process, socket, port);
    }

    private static String[] arguments(Path socket, Path image, String... options) {
        return Stream.concat(
                        Stream.of("blk", "--socket-path", socket.toString(), "--blk-file", image.toString()),
                        Stream.of(options))
                .toArray(String[]::new);
    }

    /** Starts it with a socket that listens already. */
    static DiskProgram inherit(Path socket, Path image) throws IOException {
        List<String> starter = Stream.concat(WITH_LISTENING_SOCKET.stream(), Stream.of(socket.toString()))
                .toList();
        return new DiskProgram(
                ChildProcess.startBy(starter, Paravirt.class, "blk", "--blk-file", image.toString()), socket, null);
    }

    HeldWrites holdWrites() throws IOException, IllegalConnectorArgumentsException {
        return HeldWrites.of(requireNonNull(debuggerPort));
    }

    VhostUserDevice connect() throws IOException {
        return VhostUserDevice.connect(DeviceType.BLOCK, socket, FrontEndOptions.DEFAULT);
    }

    static BlockDriver drive(VhostUserDevice device, BlockDriverOptions options) throws IOException {
        return BlockDriver.start(device.transport(), device.platform(), options);
    }

    ThreadActivity activity() throws IOException {
        return ThreadActivity.of(process.pid());
    }

    /** Sends SIGTERM. */
    void terminate() {
        process.terminate();
    }

    /** Whether it ends within a time. */
    boolean endsWithin(Duration time) throws InterruptedException {
        return process.endsWithin(time);
    }

    /** Waits for its end and returns its exit status. */
    int awaitEnd() throws InterruptedException {
        return process.awaitEnd();
    }

    @Override
    public void close() throws IOException {
        process.close();
    }
}
