// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Takes a file from whoever connects first to a TCP port in a namespace. */
@SuppressWarnings("try") // Waits for a program to end, as all of a test does that is interrupted by its timeout alone.
public final class FileReceiver implements AutoCloseable {
    private final Process process;
    private final BufferedReader log;

    private FileReceiver(Process process) {
        this.process = process;
        this.log = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Whoever connects from now on is heard. */
    public static FileReceiver listen(NetworkNamespace where, int port, Path target) throws IOException {
        FileReceiver receiver = new FileReceiver(new ProcessBuilder(where.command(
                        "socat", "-d", "-d", "-u", "TCP-LISTEN:" + port + ",reuseaddr", "CREATE:" + target))
                .redirectErrorStream(true)
                .start());
        String line = receiver.log.readLine();
        while (line != null && !line.contains("listening on")) {
            line = receiver.log.readLine();
        }
        return receiver;
    }

    /** Waits until it has all of the file. */
    public void await() throws InterruptedException {
        String rest = String.join("\n", log.lines().toList());
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(rest).isTrue();
        assertThat(process.exitValue()).as(rest).isZero();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
