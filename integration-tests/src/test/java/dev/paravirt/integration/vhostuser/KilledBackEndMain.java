// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A process that serves disks until it is killed: arguments are sockets and images, by turns. */
final class KilledBackEndMain {
    private KilledBackEndMain() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        List<VhostUserServer> servers = new ArrayList<>();
        for (int at = 0; at < arguments.length; at += 2) {
            servers.add(VhostUserServer.listen(
                    Path.of(arguments[at]),
                    new BlockDevice(
                            BlockImage.open(Path.of(arguments[at + 1]), false),
                            new BlockOptions().queues(2).segMax(126)),
                    new VhostUserOptions()));
        }
        System.out.println("listening");
        // Its standard input ends with the test, whatever happens.
        while (System.in.read() >= 0) {
            // Nothing is ever said.
        }
        servers.forEach(VhostUserServer::close);
    }
}
