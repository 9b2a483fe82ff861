// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.Devices;
import dev.paravirt.cli.compare.carrier.Guest;
import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.driver.ConsoleDriver;
import dev.paravirt.guest.driver.ConsoleDriverOptions;
import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.NetDriverOptions;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.jvm.TrapGate;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.DeviceType;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The drivers of a machine with virtio devices, the same for all transports. They sleep at once if they sleep at all. */
record VirtioDrivers(
        Guest guest, BlockDriver block, NetDriver net, ConsoleDriver console, Map<Integer, DmaBuffer[]> buffers) {
    /** Requests under way at once, where many are. */
    static final int DEPTH = 32;

    private static final int PAGE = 4096;
    private static final String BLOCK = "disk";
    private static final String NET = "network card";
    private static final String CONSOLE = "console";

    /** Finds a device, and opens its transport. */
    private interface Opening {
        Transport open(int device, int type) throws IOException;
    }

    static VirtioDrivers overMmio(Guest guest, TrapGate gate, StartUps startUps) throws IOException {
        return start(
                guest,
                startUps,
                (device, type) -> MmioTransport.open(
                        gate.registers(Devices.registers(device)), guest.platform(), "virtio-mmio " + device));
    }

    static VirtioDrivers overHypercalls(Guest guest, StartUps startUps) throws IOException {
        JvmPlatform platform = guest.platform();
        Hypercalls hypercalls = Hypercalls.attach(platform, platform);
        return start(
                guest,
                startUps,
                (device, type) -> HypercallTransport.open(hypercalls, platform, hypercalls.find(type, 0)));
    }

    private static VirtioDrivers start(Guest guest, StartUps startUps, Opening opening) throws IOException {
        JvmPlatform platform = guest.platform();
        BlockDriverOptions block = BlockDriverOptions.DEFAULT.withSpin(0).withLines(Devices.BLOCK, 1);
        NetDriverOptions net = NetDriverOptions.DEFAULT.withSpin(0).withLines(Devices.NET, 1);
        ConsoleDriverOptions console = ConsoleDriverOptions.DEFAULT.withLine(Devices.CONSOLE);
        return new VirtioDrivers(
                guest,
                startUps.measure(
                        guest,
                        BLOCK,
                        () -> BlockDriver.start(opening.open(Devices.BLOCK, DeviceType.BLOCK), platform, block)),
                startUps.measure(
                        guest,
                        NET,
                        () -> NetDriver.start(opening.open(Devices.NET, DeviceType.NETWORK), platform, net)),
                startUps.measure(
                        guest,
                        CONSOLE,
                        () -> ConsoleDriver.start(
                                opening.open(Devices.CONSOLE, DeviceType.CONSOLE), platform, console)),
                new HashMap<>());
    }

    /** As many buffers as there are requests under way; contenders, who work by turns, share them. */
    DmaBuffer[] buffers(int bytes, int count) {
        DmaBuffer[] all = buffers.computeIfAbsent(bytes, size -> {
            DmaBuffer[] made = new DmaBuffer[DEPTH];
            for (int i = 0; i < DEPTH; i++) {
                made[i] = guest.platform().allocate(size, Math.min(size, PAGE));
            }
            return made;
        });
        return Arrays.copyOf(all, count);
    }
}
