// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.toyos;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.console.ConsoleDevice;
import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.legacy.PcBoard;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.transport.trap.Board;
import dev.paravirt.backend.transport.trap.TrapBus;
import dev.paravirt.backend.transport.trap.TrappedMmio;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.spec.mmio.MmioWindows;
import dev.paravirt.toyos.boot.MachineKind;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What is behind the devices of a machine, whichever kind of devices those are. They belong to the devices.
 *
 * @param scratch a disk that may be written over; null for none
 * @param network null for none
 * @param mac of the network card, such as "52:54:00:12:34:56"
 * @param console null for none
 */
public record MachineParts(
        BlockImage root,
        @Nullable BlockImage scratch,
        @Nullable NetBackend network,
        String mac,
        @Nullable ConsoleEnd console) {
    /** Ids of the disks. */
    static final String ROOT = "root";

    static final String SCRATCH = "scratch";

    /** Interrupt lines of a machine: one for all devices, and one for the disks of a PC. */
    public static final int LINES = 2;

    private static final int LINE = 0;
    private static final int DISK_LINE = 1;

    /** As virtio devices. */
    List<VirtioDevice> virtio() {
        List<VirtioDevice> devices = new ArrayList<>();
        devices.add(new BlockDevice(root, new BlockOptions().serial(ROOT)));
        if (scratch != null) {
            devices.add(new BlockDevice(scratch, new BlockOptions().serial(SCRATCH)));
        }
        if (network != null) {
            devices.add(new NetDevice(network, new NetOptions(mac)));
        }
        if (console != null) {
            devices.add(new ConsoleDevice(console, 0, 0));
        }
        return devices;
    }

    /**
     * As devices whose registers are trapped, beside what a PC has of its own.
     *
     * @param kind not PARAVIRT, which has no registers
     */
    public Board board(MachineKind kind, Consumer<byte[]> print, IntConsumer powerOff) {
        PcBoard pc = new PcBoard()
                .lines(LINE, DISK_LINE, LINE)
                .clock(InstantSource.system())
                .debugConsole(print)
                .powerOff(powerOff);
        return switch (kind) {
            case PARAVIRT -> throw new IllegalArgumentException("this machine has no registers");
            case MMIO ->
                (bus, memory) -> {
                    pc.wire(bus, memory);
                    install(virtio(), bus, memory);
                };
            case TRAPPED -> {
                install(pc);
                yield pc;
            }
        };
    }

    private static void install(List<VirtioDevice> devices, TrapBus bus, GuestMemory memory) {
        for (int i = 0; i < devices.size(); i++) {
            long window = MmioWindows.BASE + (long) i * MmioWindows.SIZE;
            TrappedMmio.install(bus, memory, devices.get(i), "device-" + i, window, LINE);
        }
    }

    private void install(PcBoard pc) {
        pc.disk(root, ROOT);
        if (scratch != null) {
            pc.secondDisk(scratch, SCRATCH);
        }
        if (network != null) {
            pc.network(network, HexFormat.ofDelimiter(":").parseHex(mac));
        }
        if (console != null) {
            pc.serialPort(console);
        }
    }
}
