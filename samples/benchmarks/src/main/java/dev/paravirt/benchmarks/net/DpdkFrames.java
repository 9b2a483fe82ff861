// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * DPDK's testpmd twice: its virtio driver in user space in one process, its vhost-user device in another.
 *
 * @param under a command to run both under
 * @param receive whether the driver receives
 */
record DpdkFrames(List<String> under, boolean packed, boolean receive, int warmUp, int seconds) implements Measurement {
    static final String PROGRAM = "dpdk-testpmd";
    private static final Pattern RATE = Pattern.compile("Rx-pps: +([0-9]+)");
    private static final int MOST_START_SECONDS = 20;

    @Override
    public double run(Path folder) throws IOException, InterruptedException {
        Path socket = folder.resolve("socket");
        Path deviceOutput = folder.resolve("device");
        Path driverOutput = folder.resolve("driver");
        Process device = start(
                List.of("--main-lcore", "0", "--file-prefix", prefix("device")),
                "net_vhost0,iface=" + socket + ",queues=1",
                receive ? "txonly" : "rxonly",
                deviceOutput);
        try {
            awaitFile(device, socket);
            Process driver = start(
                    List.of("--main-lcore", "1", "--file-prefix", prefix("driver")),
                    "net_virtio_user0,path=" + socket + ",queues=1,queue_size=256,packed_vq=" + (packed ? 1 : 0),
                    receive ? "rxonly" : "txonly",
                    driverOutput);
            try {
                // Frames flow as long as it lives; it reports each second, and all at once when it ends.
                driver.waitFor(warmUp + seconds + 1L, TimeUnit.SECONDS);
            } finally {
                end(driver);
            }
        } finally {
            end(device);
        }
        return median(receive ? driverOutput : deviceOutput);
    }

    private static String prefix(String role) {
        return "paravirt-" + role + "-" + ProcessHandle.current().pid();
    }

    private Process start(List<String> ownOptions, String device, String mode, Path output) throws IOException {
        List<String> command = new ArrayList<>(under);
        command.addAll(List.of(PROGRAM, "-l", "0,1", "--no-pci", "--no-huge", "-m", "512", "--no-telemetry"));
        command.addAll(ownOptions);
        command.addAll(List.of("--vdev", device, "--", "--total-num-mbufs=8192", "--txd=256", "--rxd=256"));
        command.addAll(List.of("--forward-mode=" + mode, "--auto-start", "--stats-period", "1", "--no-mlockall"));
        return new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    private static void awaitFile(Process owner, Path file) throws IOException, InterruptedException {
        long start = System.nanoTime();
        while (!Files.exists(file)) {
            if (owner.waitFor(50, TimeUnit.MILLISECONDS)
                    || System.nanoTime() - start > TimeUnit.SECONDS.toNanos(MOST_START_SECONDS)) {
                throw new IOException(PROGRAM + " did not start as it should");
            }
        }
    }

    private static void end(Process process) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(5, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }

    /** Of the seconds in which frames came, of which the first may not be whole. */
    private static double median(Path output) throws IOException {
        List<Double> rates = new ArrayList<>();
        Matcher matcher = RATE.matcher(Files.readString(output));
        while (matcher.find()) {
            double rate = Double.parseDouble(matcher.group(1)) / 1e6;
            if (rate > 0) {
                rates.add(rate);
            }
        }
        if (rates.isEmpty()) {
            throw new IOException(PROGRAM + " reported no frames:\n" + Files.readString(output));
        }
        List<Double> whole = new ArrayList<>(rates.subList(rates.size() > 1 ? 1 : 0, rates.size()));
        whole.sort(null);
        return whole.get(whole.size() / 2);
    }
}
