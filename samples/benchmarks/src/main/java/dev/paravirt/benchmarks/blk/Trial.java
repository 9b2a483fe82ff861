// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.blk;

import dev.paravirt.benchmarks.contest.Contender;
import dev.paravirt.benchmarks.process.Conditions;
import dev.paravirt.benchmarks.process.ForeignProcess;
import dev.paravirt.benchmarks.process.JavaProcess;
import dev.paravirt.benchmarks.process.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A back-end under our driver, each in a process of its own; in thousand requests a second.
 *
 * @param packed whether the driver may use packed rings, if the back-end knows them
 */
record Trial(BackEnd backEnd, boolean packed, Load load, DiskImage image, Conditions conditions)
        implements Contender.Measurement {
    @Override
    public double rate() throws IOException, InterruptedException {
        image.sync();
        try (TemporaryFolder folder = TemporaryFolder.make()) {
            Path socket = folder.resolve("socket");
            Process host = backEnd.start(folder, socket, image.file(), conditions);
            try {
                return JavaProcess.measure(
                        conditions,
                        BlkGuest.class,
                        socket.toString(),
                        "--write=" + load.write(),
                        "--depth=" + load.depth(),
                        "--packed=" + packed,
                        "--warm-up=" + conditions.warmUp(),
                        "--seconds=" + conditions.seconds());
            } finally {
                ForeignProcess.end(host);
            }
        }
    }
}
