// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import dev.paravirt.integration.vhostuser.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A back-end of another make, with a watchdog. */
final class BackEndProgram implements AutoCloseable {
    private static final String WATCHDOG_SECONDS = "100";
    private static final int POLL_MILLIS = 20;

    /** Flags of a unix socket, as the system shows them. */
    private static final String ACCEPTS = " 00010000 ";

    private final Process process;

    private BackEndProgram(Process process) {
        this.process = process;
    }

    /** QEMU's storage daemon, which exports a file as a block device. */
    static BackEndProgram storageDaemon(Path image, Path socket, String exportOptions)
            throws IOException, InterruptedException {
        return storageDaemonOn("driver=file,discard=unmap,filename=" + image, socket, exportOptions);
    }

    /** The same on a disk that takes an hour for each request. */
    static BackEndProgram stalledStorageDaemon(long size, Path socket) throws IOException, InterruptedException {
        return storageDaemonOn("driver=null-co,latency-ns=3600000000000,size=" + size, socket, "");
    }

    private static BackEndProgram storageDaemonOn(String disk, Path socket, String exportOptions)
            throws IOException, InterruptedException {
        Command.require("qemu-storage-daemon", "qemu-system-common");
        return start(
                socket,
                "qemu-storage-daemon",
                "--blockdev",
                "node-name=f0," + disk,
                "--export",
                "type=vhost-user-blk,id=e0,node-name=f0,addr.type=unix,writable=on,addr.path=" + socket
                        + exportOptions);
    }

    /** DPDK's network device in testpmd, which sends back what it gets. */
    static BackEndProgram testpmd(Path socket) throws IOException, InterruptedException {
        Command.require("dpdk-testpmd", "dpdk-dev");
        String arguments = "-l 0,1 --no-pci --no-huge -m 256 --no-telemetry --file-prefix paravirt-device-"
                + ProcessHandle.current().pid() + " --vdev net_vhost0,iface=" + socket
                + " -- --total-num-mbufs=4096 --txd=256 --rxd=256 --no-mlockall --forward-mode=macswap --auto-start"
                + " --stats-period 1";
        return start(socket, "dpdk-testpmd", arguments.split(" "));
    }

    /** The back-end that QEMU has as an example, which tracks what is in flight, and serves one front-end. */
    static BackEndProgram example(Path image, Path socket) throws IOException, InterruptedException {
        return start(socket, ExampleBackEnd.require().toString(), "--blk-file=" + image, "--socket-path=" + socket);
    }

    /** Starts it, and returns once it listens. */
    private static BackEndProgram start(Path socket, String program, String... arguments)
            throws IOException, InterruptedException {
        Files.deleteIfExists(socket);
        Path output = socket.resolveSibling(Path.of(program).getFileName() + ".log");
        List<String> command = Stream.concat(
                        Stream.of("timeout", "--foreground", "--signal=KILL", WATCHDOG_SECONDS, program),
                        Stream.of(arguments))
                .toList();
        Process process = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        while (!listens(socket)) {
            if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new IOException(program + " ended: " + Files.readString(output));
            }
        }
        return new BackEndProgram(process);
    }

    /** A socket is there before it listens. */
    private static boolean listens(Path socket) throws IOException {
        try (Stream<String> sockets = Files.lines(Path.of("/proc/net/unix"))) {
            return sockets.anyMatch(line -> line.contains(ACCEPTS) && line.endsWith(" " + socket));
        }
    }

    /** Ends it as {@code kill -9} does, and waits for that. */
    void kill() {
        // The watchdog ends with what it watches, and only then; it is a child of ours, whose end is seen at once.
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.onExit().join();
    }

    @Override
    public void close() {
        kill();
    }
}
