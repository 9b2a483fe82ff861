// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.mmio;

import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.Outcome;
import dev.paravirt.spec.mmio.MmioRegisters;

/** What a driver has written about one queue, until it enables it. */
final class QueueRegisters {
    private static final long LOW = 0xffff_ffffL;

    private int size;
    private long descriptorArea;
    private long driverArea;
    private long deviceArea;

    void write(int offset, int value) {
        switch (offset) {
            case MmioRegisters.QUEUE_SIZE -> size = value;
            case MmioRegisters.QUEUE_DESC_LOW -> descriptorArea = low(descriptorArea, value);
            case MmioRegisters.QUEUE_DESC_HIGH -> descriptorArea = high(descriptorArea, value);
            case MmioRegisters.QUEUE_DRIVER_LOW -> driverArea = low(driverArea, value);
            case MmioRegisters.QUEUE_DRIVER_HIGH -> driverArea = high(driverArea, value);
            case MmioRegisters.QUEUE_DEVICE_LOW -> deviceArea = low(deviceArea, value);
            case MmioRegisters.QUEUE_DEVICE_HIGH -> deviceArea = high(deviceArea, value);
            default -> throw new IllegalArgumentException("no register of a queue: 0x" + Integer.toHexString(offset));
        }
    }

    private static long low(long address, int value) {
        return (address & ~LOW) | Integer.toUnsignedLong(value);
    }

    private static long high(long address, int value) {
        return (address & LOW) | Integer.toUnsignedLong(value) << 32;
    }

    Outcome enable(DeviceSession session, int queue) {
        return session.setUpQueue(queue, size, descriptorArea, driverArea, deviceArea);
    }

    @Override
    public String toString() {
        return "size " + Integer.toUnsignedString(size) + ", areas at 0x" + Long.toHexString(descriptorArea) + ", 0x"
                + Long.toHexString(driverArea) + " and 0x" + Long.toHexString(deviceArea);
    }
}
