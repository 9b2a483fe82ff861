// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import java.io.IOException;
import java.nio.file.Path;

/** One way to move frames between two processes, to be measured again and again. */
interface Measurement {
    /**
     * Runs for some seconds.
     *
     * @param folder for what it needs to leave somewhere; empty
     * @return million frames a second
     */
    double run(Path folder) throws IOException, InterruptedException;
}
