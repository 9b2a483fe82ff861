// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.transport.hypercall.LocalGuest;
import dev.paravirt.backend.transport.hypercall.MachineOptions;
import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.NetDriverOptions;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import java.lang.foreign.Arena;
import java.util.List;

/** A guest in this process with one network device, and the driver that it drives it with. */
final class NetStation implements AutoCloseable {
    static final int MEMORY = 4 << 20;

    private final LocalGuest guest;
    private final JvmPlatform platform;
    private final NetDriver driver;

    private NetStation(LocalGuest guest, JvmPlatform platform, NetDriver driver) {
        this.guest = guest;
        this.platform = platform;
        this.driver = driver;
    }

    static GuestMemory memory() {
        // Not at address 0, so that guest-physical addresses are not offsets.
        return new GuestMemory(new MemoryRegion(0x4000_0000L, Arena.ofAuto().allocate(MEMORY, 4096)));
    }

    static NetStation start(NetDevice device, NetDriverOptions options) throws DeviceException {
        return start(device, options, 1);
    }

    /** @param lines interrupt lines, and workers of the device */
    static NetStation start(NetDevice device, NetDriverOptions options, int lines) throws DeviceException {
        GuestMemory memory = memory();
        LocalGuest guest =
                LocalGuest.start(memory, List.of(device), lines, MachineOptions.DEFAULT.withWorkersPerDevice(lines));
        JvmPlatform platform = JvmPlatform.of(memory, guest::hypercall, guest::notify, guest::waitForInterrupt);
        try {
            Hypercalls hypercalls = Hypercalls.attach(platform, platform);
            HypercallTransport transport = HypercallTransport.open(hypercalls, platform, 0);
            return new NetStation(guest, platform, NetDriver.start(transport, platform, options.withLines(0, lines)));
        } catch (DeviceException | RuntimeException failure) {
            guest.close();
            throw failure;
        }
    }

    NetDriver driver() {
        return driver;
    }

    JvmPlatform platform() {
        return platform;
    }

    DeviceSession session() {
        return guest.session(0);
    }

    @Override
    public void close() throws DeviceException {
        try {
            driver.stop();
        } finally {
            guest.close();
        }
    }
}
