// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import dev.paravirt.benchmarks.contest.Contender;
import dev.paravirt.benchmarks.process.ForeignProcess;
import dev.paravirt.benchmarks.process.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Path;

/** A driver and a device, each in a process of its own, that move frames; in million frames a second. */
record Pairing(FrameDriver driver, FrameDevice device, Flow flow) implements Contender.Measurement {
    @Override
    public double rate() throws IOException, InterruptedException {
        try (TemporaryFolder folder = TemporaryFolder.make()) {
            Path socket = folder.resolve("socket");
            Process host = device.start(folder, socket, flow);
            try {
                return driver.run(folder, socket, flow);
            } finally {
                ForeignProcess.end(host);
            }
        }
    }
}
