// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A driver and a device, each in a process of its own, that move frames again and again.
 *
 * @param reference what it is compared with; null if that is this one itself
 * @param rates million frames a second, round by round
 */
record Contender(
        String name,
        FrameDriver driver,
        FrameDevice device,
        Flow flow,
        @Nullable Contender reference,
        double[] rates) {
    void measure(int round) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("net-compare");
        try {
            Path socket = folder.resolve("socket");
            Process host = device.start(folder, socket, flow);
            try {
                rates[round] = driver.run(folder, socket, flow);
            } finally {
                Testpmd.end(host);
            }
        } finally {
            try (Stream<Path> left = Files.list(folder)) {
                for (Path file : left.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    /** The rate that a part of the rounds stays within. */
    double quantile(double fraction) {
        double[] sorted = rates.clone();
        Arrays.sort(sorted);
        double position = fraction * (sorted.length - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}
