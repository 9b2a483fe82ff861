// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.blk;

import dev.paravirt.benchmarks.process.Conditions;
import dev.paravirt.benchmarks.process.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Path;

/** Serves an image over vhost-user, in a process of its own, through the host's page cache, with one queue. */
interface BackEnd {
    /**
     * Starts it.
     *
     * @param folder for what it leaves
     * @param socket where front-ends find it, which they do when this returns
     */
    Process start(TemporaryFolder folder, Path socket, Path image, Conditions conditions)
            throws IOException, InterruptedException;
}
