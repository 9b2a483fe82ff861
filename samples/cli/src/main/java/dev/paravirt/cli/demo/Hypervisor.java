// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.transport.hypercall.GuestMachine;
import dev.paravirt.backend.transport.hypercall.GuestServer;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.hypercall.HypercallMachine;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.backend.transport.hypercall.SharedGuest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;

/** A machine of the demo: devices for one guest process. */
final class Hypervisor implements AutoCloseable {
    private static final long GUEST_MEMORY = 64L << 20;
    private static final int LINES = 1;
    private static final int NOT_YET = -1;

    private final List<VirtioDevice> devices;
    private final GuestServer server;
    private final AtomicBoolean taken = new AtomicBoolean();
    private volatile int powerOffCode = NOT_YET;

    /**
     * Waits for a guest at a socket.
     *
     * @param devices belong to this machine, also if this fails
     * @param console takes what the guest prints by hypercall
     */
    static Hypervisor start(Path socket, List<VirtioDevice> devices, GuestConsole console) throws IOException {
        return new Hypervisor(socket, devices, console);
    }

    private Hypervisor(Path socket, List<VirtioDevice> devices, GuestConsole console) throws IOException {
        this.devices = devices;
        MachineOptions options =
                MachineOptions.DEFAULT.withConsole(console::print).withPowerOff(code -> powerOffCode = code);
        GuestShape shape = GuestShape.of(GUEST_MEMORY, HypercallMachine.doorbells(devices), LINES);
        try {
            server = GuestServer.listen(socket, shape, guest -> machine(guest, options));
        } catch (IOException failure) {
            devices.forEach(VirtioDevice::close);
            throw failure;
        }
    }

    private GuestMachine machine(SharedGuest guest, MachineOptions options) throws IOException {
        if (taken.getAndSet(true)) {
            throw new IOException("this machine has one guest, which came already");
        }
        return HypercallMachine.serving(guest, devices, options);
    }

    /** The exit code that the guest powered off with, if it did. */
    OptionalInt powerOffCode() {
        int code = powerOffCode;
        return code == NOT_YET ? OptionalInt.empty() : OptionalInt.of(code);
    }

    @Override
    public void close() {
        server.close();
        if (!taken.get()) {
            devices.forEach(VirtioDevice::close);
        }
    }
}
