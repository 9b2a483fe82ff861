// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import dev.paravirt.benchmarks.process.ForeignProcess;
import dev.paravirt.benchmarks.process.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** DPDK's testpmd in its two roles: its vhost-user device, and its virtio driver in user space. */
final class Testpmd {
    static final String PROGRAM = "dpdk-testpmd";
    private static final int MOST_START_SECONDS = 20;

    private Testpmd() {}

    /** net_vhost. */
    static final class Device implements FrameDevice {
        @Override
        public Process start(TemporaryFolder folder, Path socket, Flow flow) throws IOException, InterruptedException {
            String device = "net_vhost0,iface=" + socket + ",queues=1";
            List<String> command = command("0", device, flow.receive() ? "txonly" : "rxonly", flow);
            return ForeignProcess.startServer(command, folder.resolve("device"), socket);
        }
    }

    /** net_virtio_user. */
    static final class Driver implements FrameDriver {
        @Override
        public double run(TemporaryFolder folder, Path socket, Flow flow) throws IOException, InterruptedException {
            Path output = folder.resolve("driver");
            String device =
                    "net_virtio_user0,path=" + socket + ",queues=1,queue_size=256,packed_vq=" + (flow.packed() ? 1 : 0);
            List<String> command = command("1", device, flow.receive() ? "rxonly" : "txonly", flow);
            Process driver = ForeignProcess.start(command, output);
            try {
                return median(driver, output, flow);
            } finally {
                ForeignProcess.end(driver);
            }
        }

        /** Of the seconds that count; the one in which frames begin to flow is not whole. */
        private static double median(Process driver, Path output, Flow flow) throws IOException, InterruptedException {
            Pattern figure = Pattern.compile((flow.receive() ? "Rx" : "Tx") + "-pps: +([1-9][0-9]*)");
            int first = 1 + flow.conditions().warmUp();
            int end = first + flow.conditions().seconds();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(end + MOST_START_SECONDS);
            double[] rates = {};
            while (rates.length < end) {
                if (driver.waitFor(100, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
                    throw new IOException(PROGRAM + " reported no frames:\n" + Files.readString(output));
                }
                rates = figure.matcher(Files.readString(output))
                        .results()
                        .mapToDouble(match -> Double.parseDouble(match.group(1)) / 1e6)
                        .toArray();
            }
            double[] counted = Arrays.copyOfRange(rates, first, end);
            Arrays.sort(counted);
            return counted[counted.length / 2];
        }
    }

    private static List<String> command(String core, String device, String mode, Flow flow) {
        List<String> words = new ArrayList<>(List.of(PROGRAM, "-l", "0,1", "--main-lcore", core, "--no-pci"));
        String prefix = "paravirt-" + core + "-" + ProcessHandle.current().pid();
        words.addAll(List.of("--no-huge", "-m", "512", "--no-telemetry", "--file-prefix", prefix, "--vdev", device));
        words.addAll(List.of("--", "--total-num-mbufs=8192", "--txd=256", "--rxd=256", "--no-mlockall"));
        words.addAll(List.of("--forward-mode=" + mode, "--auto-start", "--stats-period", "1"));
        return flow.conditions().command(words);
    }
}
