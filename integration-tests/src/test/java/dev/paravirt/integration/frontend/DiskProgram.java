// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import dev.paravirt.cli.Paravirt;
import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.jvm.vhostuser.FrontEndOptions;
import dev.paravirt.guest.jvm.vhostuser.VhostUserDevice;
import dev.paravirt.integration.carrier.ChildProcess;
import dev.paravirt.spec.DeviceType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

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

    private final ChildProcess process;
    private final Path socket;

    private DiskProgram(ChildProcess process, Path socket) throws IOException {
        this.process = process;
        this.socket = socket;
        process.awaitLine("serving ");
    }

    /** Starts it, and returns once it listens. */
    static DiskProgram start(Path socket, Path image, String... options) throws IOException {
        String[] arguments = Stream.concat(
                        Stream.of("blk", "--socket-path", socket.toString(), "--blk-file", image.toString()),
                        Stream.of(options))
                .toArray(String[]::new);
        return new DiskProgram(ChildProcess.start(Paravirt.class, arguments), socket);
    }

    /** Starts it with a socket that listens already. */
    static DiskProgram inherit(Path socket, Path image) throws IOException {
        List<String> starter = Stream.concat(WITH_LISTENING_SOCKET.stream(), Stream.of(socket.toString()))
                .toList();
        return new DiskProgram(
                ChildProcess.startBy(starter, Paravirt.class, "blk", "--blk-file", image.toString()), socket);
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

    /** Waits for its end and returns its exit status. */
    int awaitEnd() throws InterruptedException {
        return process.awaitEnd();
    }

    @Override
    public void close() throws IOException {
        process.close();
    }
}
