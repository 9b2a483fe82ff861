// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.blk;

import dev.paravirt.benchmarks.process.Conditions;
import dev.paravirt.benchmarks.process.JavaProcess;
import dev.paravirt.benchmarks.process.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Path;

/** Ours, in a JVM of its own. */
record OwnBackEnd() implements BackEnd {
    @Override
    public Process start(TemporaryFolder folder, Path socket, Path image, Conditions conditions)
            throws IOException, InterruptedException {
        return JavaProcess.startServer(conditions, BlkHost.class, socket.toString(), image.toString());
    }
}
