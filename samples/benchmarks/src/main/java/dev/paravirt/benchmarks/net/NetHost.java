// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.hypercall.HypercallMachine;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.benchmarks.process.JavaProcess;
import java.nio.file.Path;
import java.util.List;

/** A hypervisor with one network device, whose network discards everything, or sends as fast as it can. */
final class NetHost {
    static final String VHOST_USER = "vhost-user";
    static final String GENERATE = "generate";
    private static final int MEMORY = 16 << 20;

    private NetHost() {}

    /**
     * Takes the path of the socket, {@link #VHOST_USER} or not, and {@link #GENERATE} or not; says when it listens, and
     * serves to the end of its input.
     */
    @SuppressWarnings("try") // that the server is open is all that matters
    public static void main(String[] arguments) throws Exception {
        Path socket = Path.of(arguments[0]);
        NetDevice device = device(arguments[2].equals(GENERATE));
        try (AutoCloseable server = arguments[1].equals(VHOST_USER)
                ? VhostUserServer.listen(socket, device, new VhostUserOptions())
                : GuestServer.listen(
                        socket,
                        GuestShape.of(MEMORY, 4, 1),
                        guest -> HypercallMachine.serving(guest, List.of(device), MachineOptions.DEFAULT))) {
            JavaProcess.serveToEndOfInput();
        }
    }

    private static NetDevice device(boolean generates) {
        NetBackend backend = generates ? NetBackend.generating(NetGuest.frame()) : NetBackend.discarding();
        return new NetDevice(backend, new NetOptions("02:00:00:00:00:01"));
    }
}
