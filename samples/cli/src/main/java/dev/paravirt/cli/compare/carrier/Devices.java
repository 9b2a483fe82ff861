// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import dev.paravirt.backend.blk.BlockDevice;
import dev.paravirt.backend.blk.BlockOptions;
import dev.paravirt.backend.console.ConsoleDevice;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.legacy.Ne2000Card;
import dev.paravirt.backend.legacy.PcBoard;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.transport.trap.Board;
import dev.paravirt.backend.transport.trap.TrappedMmio;
import java.io.IOException;
import java.util.List;

/** The devices of each machine, and where they are. What is behind a device is the same on every machine. */
public final class Devices {
    /** Bytes of guest memory, from address 0 on. */
    static final long MEMORY = 32L << 20;

    /** Guest-physical address of the registers of the first device with virtio-mmio, above the memory. */
    private static final long REGISTERS = 0xfeb0_0000L;

    /** Of virtio devices in this order: numbers and interrupt lines of hypercall devices, places of virtio-mmio ones. */
    public static final int BLOCK = 0;

    public static final int NET = 1;
    public static final int CONSOLE = 2;

    /** Ports and line of a second card: each driver keeps its place in the ring of a card of its own. */
    public static final int SECOND_CARD = 0x320;

    public static final int SECOND_CARD_LINE = 10;

    private static final String[] NAMES = {"blk", "net", "console"};
    private static final byte[] MAC = {2, 0, 0, 0, 0, 1};
    private static final String MAC_TEXT = "02:00:00:00:00:01";

    private Devices() {}

    /** Where the registers of a device with virtio-mmio are. */
    public static long registers(int device) {
        return REGISTERS + (long) device * TrappedMmio.SIZE;
    }

    /** The guest's own address on its network. */
    public static byte[] mac() {
        return MAC.clone();
    }

    static Board trapped() throws IOException {
        PcBoard board = new PcBoard()
                .disk(NumberedDisk.image())
                .network(new FramePeer(), MAC)
                .serialPort(new BytePeer());
        return (bus, memory) -> {
            board.wire(bus, memory);
            new Ne2000Card("second ne2000", MAC, new FramePeer(), bus.line(SECOND_CARD_LINE)).install(bus, SECOND_CARD);
        };
    }

    static Board mmio() throws IOException {
        List<VirtioDevice> devices = virtio();
        return (bus, memory) -> {
            for (int device = 0; device < devices.size(); device++) {
                TrappedMmio.install(bus, memory, devices.get(device), NAMES[device], registers(device), device);
            }
        };
    }

    static List<VirtioDevice> virtio() throws IOException {
        return List.of(
                new BlockDevice(NumberedDisk.image(), new BlockOptions()),
                new NetDevice(new FramePeer(), new NetOptions(MAC_TEXT)),
                new ConsoleDevice(new BytePeer()));
    }
}
