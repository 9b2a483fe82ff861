// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.frontend;

import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.integration.net.EchoBackend;
import java.io.IOException;
import java.nio.file.Path;

/** A process that serves a network which sends everything back, until it is killed. */
final class EchoingBackEnd {
    private EchoingBackEnd() {}

    /** @param arguments socket, and the address of the device */
    public static void main(String[] arguments) throws IOException {
        NetDevice device = new NetDevice(new EchoBackend(), new NetOptions(arguments[1]));
        try (VhostUserServer _ = VhostUserServer.listen(Path.of(arguments[0]), device, new VhostUserOptions())) {
            System.out.println("listening");
            // Its standard input ends with the test, whatever happens.
            while (System.in.read() >= 0) {
                // Nothing is ever said.
            }
        }
    }
}
