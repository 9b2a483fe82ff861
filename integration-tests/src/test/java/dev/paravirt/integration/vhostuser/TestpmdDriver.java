// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** DPDK's virtio driver, which polls, in testpmd, which sends back what it receives; with a watchdog. */
final class TestpmdDriver implements AutoCloseable {
    private static final String PROGRAM = "dpdk-testpmd";
    private static final String WATCHDOG_SECONDS = "100";
    private static final int POLL_MILLIS = 50;

    private final Process process;
    private final Path output;

    private TestpmdDriver(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /**
     * Starts it, with one queue pair. Skips the test if it is not to be had.
     *
     * @param options what else is said of the device
     */
    static TestpmdDriver start(Path socket, String options, Path output) throws IOException {
        Command.require(PROGRAM, "dpdk-dev");
        List<String> command = new ArrayList<>(List.of("timeout", "--signal=KILL", WATCHDOG_SECONDS, PROGRAM));
        command.addAll(List.of("-l", "0,1", "--no-pci", "--no-huge", "-m", "256", "--no-telemetry"));
        command.addAll(
                List.of("--file-prefix", "paravirt-" + ProcessHandle.current().pid()));
        command.addAll(List.of("--vdev", "net_virtio_user0,path=" + socket + ",queues=1,queue_size=256," + options));
        command.addAll(List.of("--", "--total-num-mbufs=4096", "--txd=256", "--rxd=256", "--no-mlockall"));
        command.addAll(List.of("--forward-mode=macswap", "--auto-start", "--stats-period", "1"));
        Process process = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return new TestpmdDriver(process, output);
    }

    /** Waits until so many frames more have gone to it and back. */
    void sendBack(Juggler juggler, int frames) throws InterruptedException {
        long goal = juggler.caught() + frames;
        long before = -1;
        while (juggler.caught() < goal && juggler.wrong().isEmpty()) {
            if (juggler.caught() == before) {
                juggler.throwAll();
            }
            before = juggler.caught();
            assertThat(process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS))
                    .as(() -> juggler.caught() + " frames; " + printed())
                    .isFalse();
        }
        assertThat(juggler.wrong()).isEmpty();
    }

    /** What it has printed so far. */
    String printed() {
        try {
            return Files.readString(output);
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    /** Ends it as {@code kill -9} does, and waits until nothing of it is left: the next one uses the same files. */
    @Override
    public void close() {
        List<ProcessHandle> all = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                .toList();
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(ended -> ended.onExit().join());
    }
}
