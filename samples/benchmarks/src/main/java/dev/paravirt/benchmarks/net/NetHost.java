// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.hypercall.HypercallMachine;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A hypervisor with one network device, whose network discards everything, or sends as fast as it can. */
final class NetHost {
    static final String GENERATE = "generate";
    private static final int MEMORY = 16 << 20;

    private NetHost() {}

    /** Takes the path of the socket, and {@link #GENERATE} or not; says when it listens, and serves to the end of its input. */
    @SuppressWarnings("try") // that the server is open is all that matters
    public static void main(String[] arguments) throws IOException {
        boolean generates = arguments.length > 1 && arguments[1].equals(GENERATE);
        GuestShape shape = GuestShape.of(MEMORY, 4, 1);
        try (GuestServer server = GuestServer.listen(
                Path.of(arguments[0]),
                shape,
                guest -> HypercallMachine.serving(guest, List.of(device(generates)), MachineOptions.DEFAULT))) {
            System.out.println("listening");
            while (System.in.read() >= 0) {
                // Until whoever started this has what it wants.
            }
        }
    }

    private static NetDevice device(boolean generates) {
        NetBackend backend = generates ? NetBackend.generating(NetGuest.frame()) : NetBackend.discarding();
        return new NetDevice(backend, new NetOptions("02:00:00:00:00:01"));
    }
}
