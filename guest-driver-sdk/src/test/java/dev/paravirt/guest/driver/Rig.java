// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.guest.transport.MmioTransport;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;

/** A fake machine with a fake device behind one of the transports. */
final class Rig {
    enum Way {
        HYPERCALL,
        MMIO
    }

    /** The device features that decide how rings work, in every combination. */
    private static final int[] RING_FEATURES = {
        Features.RING_PACKED, Features.INDIRECT_DESC, Features.EVENT_IDX, Features.IN_ORDER, Features.NOTIFICATION_DATA
    };

    static final int RING_COMBINATIONS = 1 << RING_FEATURES.length;

    final FakeMachine machine = new FakeMachine();
    final FakeBlockDevice device = new FakeBlockDevice(machine);
    final FakeHypercalls hypercalls = new FakeHypercalls(machine, device);
    final FakeRegisters registers = new FakeRegisters(device);
    private final Way way;

    Rig(Way way) {
        this.way = way;
    }

    static FeatureBits ringFeatures(int combination) {
        FeatureBits features = BlockDriverOptions.ALL_FEATURES;
        for (int bit = 0; bit < RING_FEATURES.length; bit++) {
            if ((combination >> bit & 1) == 0) {
                features = features.without(RING_FEATURES[bit]);
            }
        }
        return features;
    }

    Transport transport() throws DeviceException {
        return switch (way) {
            case HYPERCALL -> HypercallTransport.open(Hypercalls.attach(hypercalls, machine), machine, 1);
            case MMIO -> MmioTransport.open(registers, machine, "0xfeb00000");
        };
    }

    BlockDriver start(BlockDriverOptions options) throws DeviceException {
        return BlockDriver.start(transport(), machine, options);
    }

    BlockDriver start() throws DeviceException {
        return start(BlockDriverOptions.DEFAULT);
    }

    DmaBuffer buffer(int sectors, int seed) {
        DmaBuffer buffer = machine.allocate(sectors * 512, 512);
        fill(buffer, seed);
        return buffer;
    }

    static void fill(DmaBuffer buffer, int seed) {
        for (int at = 0; at < buffer.size(); at++) {
            buffer.putByte(at, pattern(seed, at));
        }
    }

    static byte pattern(int seed, int at) {
        return (byte) ((seed * 31 + at) * 0x9e3779b1 >>> 24);
    }

    static byte[] bytes(DmaBuffer buffer) {
        byte[] bytes = new byte[buffer.size()];
        buffer.get(0, bytes, 0, bytes.length);
        return bytes;
    }

    byte[] onDisk(long sector, int sectors) {
        byte[] bytes = new byte[sectors * 512];
        System.arraycopy(device.disk, (int) sector * 512, bytes, 0, bytes.length);
        return bytes;
    }
}
