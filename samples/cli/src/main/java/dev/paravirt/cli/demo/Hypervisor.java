// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.blk.ImageLockedException;
import dev.paravirt.backend.blk.MemoryImage;
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

/** The machine of the demo: an image file as the first disk, memory as the second, for one guest process. */
final class Hypervisor implements AutoCloseable {
    static final String ROOT_ID = "root";
    static final String SCRATCH_ID = "scratch";

    private static final long GUEST_MEMORY = 64L << 20;
    private static final int LINES = 1;
    private static final int NOT_YET = -1;

    private final List<BlockDevice> devices;
    private final GuestServer server;
    private final AtomicBoolean taken = new AtomicBoolean();
    private volatile int powerOffCode = NOT_YET;

    /**
     * Opens the image, which nobody else may serve meanwhile, and waits for a guest at a socket.
     *
     * @param console takes what the guest prints
     */
    static Hypervisor start(Path socket, Path image, long scratchBytes, GuestConsole console)
            throws IOException, DemoException {
        BlockDevice root = new BlockDevice(open(image), new BlockOptions().serial(ROOT_ID));
        BlockDevice scratch = new BlockDevice(new MemoryImage(scratchBytes), new BlockOptions().serial(SCRATCH_ID));
        return new Hypervisor(socket, List.of(root, scratch), console);
    }

    private static BlockImage open(Path image) throws IOException, DemoException {
        try {
            return BlockImage.open(image, false);
        } catch (ImageLockedException inUse) {
            throw new DemoException(String.valueOf(inUse.getMessage()), inUse);
        }
    }

    private Hypervisor(Path socket, List<BlockDevice> devices, GuestConsole console) throws IOException {
        this.devices = devices;
        MachineOptions options =
                MachineOptions.DEFAULT.withConsole(console::print).withPowerOff(code -> powerOffCode = code);
        GuestShape shape = GuestShape.of(GUEST_MEMORY, HypercallMachine.doorbells(devices), LINES);
        try {
            server = GuestServer.listen(socket, shape, guest -> machine(guest, options));
        } catch (IOException failure) {
            devices.forEach(BlockDevice::close);
            throw failure;
        }
    }

    private GuestMachine machine(SharedGuest guest, MachineOptions options) throws IOException {
        if (taken.getAndSet(true)) {
            throw new IOException("the demo has one guest, which came already");
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
            devices.forEach(BlockDevice::close);
        }
    }
}
