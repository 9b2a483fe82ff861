// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.RegisterGate;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.mmio.MmioRegisters;
import dev.paravirt.spec.ring.NotificationData;
import java.util.ArrayList;
import java.util.List;

/** One device behind virtio-mmio registers. Accesses that no driver may make are errors of the test. */
final class FakeRegisters implements RegisterGate {
    final FakeBlockDevice device;
    final List<String> writes = new ArrayList<>();
    int magic = MmioRegisters.MAGIC;
    int version = MmioRegisters.VERSION_2;
    private final int[] registers = new int[MmioRegisters.CONFIG];
    private FeatureBits driverFeatures = FeatureBits.NONE;

    FakeRegisters(FakeBlockDevice device) {
        this.device = device;
    }

    @Override
    public int read(int offset, int width) {
        if (offset >= MmioRegisters.CONFIG) {
            int at = offset - MmioRegisters.CONFIG;
            return switch (width) {
                case 1 -> device.config.get(at) & 0xff;
                case 2 -> device.config.getShort(at) & 0xffff;
                default -> device.config.getInt(at);
            };
        }
        if (width != 4 || !MmioRegisters.isReadable(offset)) {
            throw new AssertionError("register 0x" + Integer.toHexString(offset) + " read with width " + width);
        }
        int queue = registers[MmioRegisters.QUEUE_SEL];
        return switch (offset) {
            case MmioRegisters.MAGIC_VALUE -> magic;
            case MmioRegisters.VERSION -> version;
            case MmioRegisters.DEVICE_ID -> device.deviceType;
            case MmioRegisters.DEVICE_FEATURES -> device.features.word(registers[MmioRegisters.DEVICE_FEATURES_SEL]);
            case MmioRegisters.QUEUE_SIZE_MAX -> queue < 4 ? device.queueMaxSize : 0;
            case MmioRegisters.QUEUE_READY -> device.setups[queue] == null ? 0 : 1;
            case MmioRegisters.INTERRUPT_STATUS -> device.interruptStatus;
            case MmioRegisters.STATUS -> device.readStatus();
            case MmioRegisters.CONFIG_GENERATION -> device.readGeneration();
            default -> 0;
        };
    }

    @Override
    public void write(int offset, int width, int value) {
        if (device.notes) {
            writes.add("0x" + Integer.toHexString(offset));
        }
        if (offset >= MmioRegisters.CONFIG) {
            device.config.put(offset - MmioRegisters.CONFIG, (byte) value);
            return;
        }
        if (width != 4 || !MmioRegisters.isWritable(offset)) {
            throw new AssertionError("register 0x" + Integer.toHexString(offset) + " written with width " + width);
        }
        registers[offset] = value;
        int queue = registers[MmioRegisters.QUEUE_SEL];
        switch (offset) {
            case MmioRegisters.DRIVER_FEATURES ->
                driverFeatures = driverFeatures.withWord(registers[MmioRegisters.DRIVER_FEATURES_SEL], value);
            case MmioRegisters.STATUS -> writeStatus(value);
            case MmioRegisters.QUEUE_READY -> setUp(queue);
            case MmioRegisters.QUEUE_RESET -> device.dropQueue(queue);
            case MmioRegisters.QUEUE_NOTIFY -> device.notified(NotificationData.queueIndex(value));
            case MmioRegisters.INTERRUPT_ACK -> device.interruptStatus &= ~value;
            default -> {}
        }
    }

    private void writeStatus(int value) {
        if ((value & 8) != 0 && (device.status & 8) == 0) {
            device.acceptFeatures(driverFeatures);
        }
        device.writeStatus(value);
        if (value == 0) {
            driverFeatures = FeatureBits.NONE;
            device.interruptStatus = 0;
        }
        device.configLine = 0;
    }

    private void setUp(int queue) {
        device.setUp(
                queue,
                new FakeBlockDevice.Setup(
                        registers[MmioRegisters.QUEUE_SIZE],
                        0,
                        address(MmioRegisters.QUEUE_DESC_LOW, MmioRegisters.QUEUE_DESC_HIGH),
                        address(MmioRegisters.QUEUE_DRIVER_LOW, MmioRegisters.QUEUE_DRIVER_HIGH),
                        address(MmioRegisters.QUEUE_DEVICE_LOW, MmioRegisters.QUEUE_DEVICE_HIGH)));
    }

    private long address(int low, int high) {
        return (registers[low] & 0xffffffffL) | (long) registers[high] << 32;
    }
}
