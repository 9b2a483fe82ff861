// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import dev.paravirt.benchmarks.process.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Path;

/** A network device in a process of its own, which discards what it is sent, or sends as fast as it can. */
interface FrameDevice {
    /**
     * Starts it.
     *
     * @param folder for what it leaves
     * @param socket where drivers find it, which they do when this returns
     */
    Process start(TemporaryFolder folder, Path socket, Flow flow) throws IOException, InterruptedException;
}
