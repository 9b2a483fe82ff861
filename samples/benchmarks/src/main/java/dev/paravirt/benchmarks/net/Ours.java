// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import dev.paravirt.benchmarks.process.JavaProcess;
import dev.paravirt.benchmarks.process.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Path;

/** Our network device and driver, each in a JVM of its own, on hypercalls or on vhost-user. */
final class Ours {
    private Ours() {}

    /** @param vhostUser whether it serves vhost-user, or hypercalls */
    record Device(boolean vhostUser) implements FrameDevice {
        @Override
        public Process start(TemporaryFolder folder, Path socket, Flow flow) throws IOException, InterruptedException {
            String transport = vhostUser ? NetHost.VHOST_USER : "hypercall";
            String network = flow.receive() ? NetHost.GENERATE : "discard";
            return JavaProcess.startServer(flow.conditions(), NetHost.class, socket.toString(), transport, network);
        }
    }

    /** @param vhostUser whether its device serves vhost-user, or hypercalls */
    record Driver(boolean vhostUser) implements FrameDriver {
        @Override
        public double run(TemporaryFolder folder, Path socket, Flow flow) throws IOException, InterruptedException {
            return JavaProcess.measure(
                    flow.conditions(),
                    NetGuest.class,
                    socket.toString(),
                    "--vhost-user=" + vhostUser,
                    "--warm-up=" + flow.conditions().warmUp(),
                    "--seconds=" + flow.conditions().seconds(),
                    "--packed=" + flow.packed(),
                    "--receive=" + flow.receive());
        }
    }
}
