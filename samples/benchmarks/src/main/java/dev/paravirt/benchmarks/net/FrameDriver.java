// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import dev.paravirt.benchmarks.process.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Path;

/** A network driver in a process of its own, which sends or receives as fast as its device goes along. */
interface FrameDriver {
    /**
     * Runs it to its end.
     *
     * @param folder for what it leaves
     * @param socket of the device
     * @return million frames a second, as the driver counts them
     */
    double run(TemporaryFolder folder, Path socket, Flow flow) throws IOException, InterruptedException;
}
