// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.qemu;

import dev.paravirt.guest.platform.RegisterGate;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.mmio.MmioRegisters;
import java.util.HashMap;
import java.util.Map;

/**
 * A virtio-pci device in the clothes of a virtio-mmio one: each register is a field of one of the structures in its
 * BARs (VIRTIO 1.4, "Virtio Structure PCI Capabilities"). Without MSI-X: its interrupts are the pin and the ISR status.
 * For one thread.
 */
final class PciRegisters implements RegisterGate {
    private static final int VENDOR = 0x1af4;
    private static final int FIRST_DEVICE = 0x1040;

    // Virtio Structure PCI Capabilities.
    private static final int VENDOR_SPECIFIC = 0x09;
    private static final int COMMON = 1;
    private static final int NOTIFY = 2;
    private static final int ISR = 3;
    private static final int DEVICE = 4;
    private static final int CAPABILITY_BAR = 4;
    private static final int CAPABILITY_OFFSET = 8;
    private static final int NOTIFY_OFF_MULTIPLIER = 16;

    // Common configuration structure layout.
    private static final int DEVICE_FEATURE_SELECT = 0;
    private static final int DEVICE_FEATURE = 4;
    private static final int DRIVER_FEATURE_SELECT = 8;
    private static final int DRIVER_FEATURE = 12;
    private static final int DEVICE_STATUS = 20;
    private static final int CONFIG_GENERATION = 21;
    private static final int QUEUE_SELECT = 22;
    private static final int QUEUE_SIZE = 24;
    private static final int QUEUE_ENABLE = 28;
    private static final int QUEUE_NOTIFY_OFF = 30;
    private static final int QUEUE_DESC = 32;
    private static final int QUEUE_DRIVER = 40;
    private static final int QUEUE_DEVICE = 48;
    private static final int QUEUE_RESET = 58;

    private final int deviceType;
    private final RegisterGate common;
    private final RegisterGate notify;
    private final RegisterGate isr;
    private final RegisterGate config;
    private final int notifyMultiplier;
    private final Map<Integer, Integer> notifyOffsets = new HashMap<>();

    /** Reading the ISR status clears it, reading InterruptStatus must not: what waits for its InterruptACK. */
    private int interruptStatus;

    private int selectedQueue;

    /** The function of a modern device of that type, which must be there. */
    static PciFunction find(QtestClient qtest, int deviceType) {
        return PciFunction.find(qtest, VENDOR, FIRST_DEVICE + deviceType);
    }

    PciRegisters(QemuMachine qemu, PciFunction function, int deviceType) {
        this.deviceType = deviceType;
        this.common = structure(qemu, function, COMMON);
        this.notify = structure(qemu, function, NOTIFY);
        this.isr = structure(qemu, function, ISR);
        this.config = structure(qemu, function, DEVICE);
        this.notifyMultiplier = function.read(capability(function, NOTIFY) + NOTIFY_OFF_MULTIPLIER);
        function.enable();
    }

    private static RegisterGate structure(QemuMachine qemu, PciFunction function, int type) {
        int capability = capability(function, type);
        long bar = function.mapBar(function.read(capability + CAPABILITY_BAR) & 0xff);
        return qemu.registersAt(bar + Integer.toUnsignedLong(function.read(capability + CAPABILITY_OFFSET)));
    }

    private static int capability(PciFunction function, int type) {
        for (int at = function.firstCapability(); at != 0; at = function.nextCapability(at)) {
            int header = function.read(at);
            if ((header & 0xff) == VENDOR_SPECIFIC && header >>> 24 == type) {
                return at;
            }
        }
        throw new IllegalStateException("the PCI device has no virtio structure of type " + type);
    }

    @Override
    public int read(int offset, int width) {
        if (offset >= MmioRegisters.CONFIG) {
            return config.read(offset - MmioRegisters.CONFIG, width);
        }
        return switch (offset) {
            case MmioRegisters.MAGIC_VALUE -> MmioRegisters.MAGIC;
            case MmioRegisters.VERSION -> MmioRegisters.VERSION_2;
            case MmioRegisters.DEVICE_ID -> deviceType;
            case MmioRegisters.VENDOR_ID -> VENDOR;
            case MmioRegisters.DEVICE_FEATURES -> common.read(DEVICE_FEATURE, 4);
            case MmioRegisters.QUEUE_SIZE_MAX -> common.read(QUEUE_SIZE, 2);
            case MmioRegisters.QUEUE_READY -> common.read(QUEUE_ENABLE, 2);
            case MmioRegisters.INTERRUPT_STATUS -> interruptStatus();
            case MmioRegisters.STATUS -> common.read(DEVICE_STATUS, 1);
            case MmioRegisters.QUEUE_RESET -> common.read(QUEUE_RESET, 2);
            case MmioRegisters.CONFIG_GENERATION -> common.read(CONFIG_GENERATION, 1);
            default -> throw unknown(offset);
        };
    }

    private int interruptStatus() {
        interruptStatus |= isr.read(0, 1) & InterruptStatus.ALL;
        return interruptStatus;
    }

    @Override
    public void write(int offset, int width, int value) {
        if (offset >= MmioRegisters.CONFIG) {
            config.write(offset - MmioRegisters.CONFIG, width, value);
            return;
        }
        switch (offset) {
            case MmioRegisters.DEVICE_FEATURES_SEL -> common.write(DEVICE_FEATURE_SELECT, 4, value);
            case MmioRegisters.DRIVER_FEATURES_SEL -> common.write(DRIVER_FEATURE_SELECT, 4, value);
            case MmioRegisters.DRIVER_FEATURES -> common.write(DRIVER_FEATURE, 4, value);
            case MmioRegisters.QUEUE_SEL -> selectQueue(value);
            case MmioRegisters.QUEUE_SIZE -> common.write(QUEUE_SIZE, 2, value);
            case MmioRegisters.QUEUE_READY -> enableQueue(value);
            case MmioRegisters.QUEUE_NOTIFY -> notifyQueue(value);
            case MmioRegisters.INTERRUPT_ACK -> interruptStatus &= ~value;
            case MmioRegisters.STATUS -> writeStatus(value);
            case MmioRegisters.QUEUE_DESC_LOW -> common.write(QUEUE_DESC, 4, value);
            case MmioRegisters.QUEUE_DESC_HIGH -> common.write(QUEUE_DESC + 4, 4, value);
            case MmioRegisters.QUEUE_DRIVER_LOW -> common.write(QUEUE_DRIVER, 4, value);
            case MmioRegisters.QUEUE_DRIVER_HIGH -> common.write(QUEUE_DRIVER + 4, 4, value);
            case MmioRegisters.QUEUE_DEVICE_LOW -> common.write(QUEUE_DEVICE, 4, value);
            case MmioRegisters.QUEUE_DEVICE_HIGH -> common.write(QUEUE_DEVICE + 4, 4, value);
            case MmioRegisters.QUEUE_RESET -> common.write(QUEUE_RESET, 2, value);
            default -> throw unknown(offset);
        }
    }

    private void selectQueue(int queue) {
        selectedQueue = queue;
        common.write(QUEUE_SELECT, 2, queue);
    }

    private void enableQueue(int ready) {
        if (ready != 1) {
            throw new UnsupportedOperationException("a driver must not write " + ready + " to queue_enable");
        }
        notifyOffsets.put(selectedQueue, notifyMultiplier * common.read(QUEUE_NOTIFY_OFF, 2));
        common.write(QUEUE_ENABLE, 2, ready);
    }

    /** @param notification the queue's index: no QEMU offers NOTIFICATION_DATA unasked */
    private void notifyQueue(int notification) {
        Integer at = notifyOffsets.get(notification);
        if (at == null) {
            throw new IllegalStateException("queue " + notification + " is notified but was never enabled");
        }
        notify.write(at, 2, notification);
    }

    private void writeStatus(int status) {
        common.write(DEVICE_STATUS, 1, status);
        if (status == DeviceStatus.RESET) {
            interruptStatus = 0;
            notifyOffsets.clear();
        }
    }

    private static IllegalArgumentException unknown(int offset) {
        return new IllegalArgumentException("no virtio-mmio register for this at 0x" + Integer.toHexString(offset));
    }
}
