// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import dev.paravirt.integration.vhostuser.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** QEMU's storage daemon, which exports a file as a block device over vhost-user. */
final class StorageDaemon implements AutoCloseable {
    private static final String PROGRAM = "qemu-storage-daemon";
    private static final String WATCHDOG_SECONDS = "100";
    private static final int POLL_MILLIS = 20;

    private final Process process;

    /** Skips or fails the test if it is missing. */
    static void require() {
        Command.require(PROGRAM, "qemu-system-common");
    }

    static StorageDaemon start(Path folder, Path image, Path socket, String exportOptions)
            throws IOException, InterruptedException {
        Files.deleteIfExists(socket);
        Path output = folder.resolve("storage-daemon.log");
        Process process = new ProcessBuilder(
                        "timeout",
                        "--foreground",
                        "--signal=KILL",
                        WATCHDOG_SECONDS,
                        PROGRAM,
                        "--blockdev",
                        "driver=file,node-name=f0,discard=unmap,filename=" + image,
                        "--export",
                        "type=vhost-user-blk,id=e0,node-name=f0,addr.type=unix,writable=on,addr.path=" + socket
                                + exportOptions)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        while (!Files.exists(socket)) {
            if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new IOException(PROGRAM + " ended: " + Files.readString(output));
            }
        }
        return new StorageDaemon(process);
    }

    private StorageDaemon(Process process) {
        this.process = process;
    }

    /** Ends it as {@code kill -9} does, and waits for that. */
    void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void close() {
        kill();
    }
}
