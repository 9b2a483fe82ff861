// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.transport;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.platform.RegisterGate;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.mmio.MmioRegisters;
import dev.paravirt.spec.ring.QueueSize;

/** A device behind virtio-mmio version 2 registers (VIRTIO 1.4, "Virtio Over MMIO"). */
public final class MmioTransport implements Transport {
    /** Register files are 512 bytes by custom; the registers have no field that says how large they are. */
    private static final int CONFIG_SIZE = 0x100;

    /** A configuration that changes more often than this during one reading is no configuration. */
    private static final int CONFIG_ATTEMPTS = 1000;

    private final RegisterGate registers;
    private final Platform platform;
    private final String name;
    private final int deviceType;

    /**
     * Looks whether a device is there.
     *
     * @param where what to call the place in messages, for example its address
     * @throws DeviceException if there is none that a driver of VIRTIO 1.4 can use
     */
    public static MmioTransport open(RegisterGate registers, Platform platform, String where) throws DeviceException {
        int magic = registers.read(MmioRegisters.MAGIC_VALUE, 4);
        if (magic != MmioRegisters.MAGIC) {
            throw new DeviceException(
                    "no virtio-mmio device at " + where + ": its magic value is 0x" + Integer.toHexString(magic));
        }
        int version = registers.read(MmioRegisters.VERSION, 4);
        if (version != MmioRegisters.VERSION_2) {
            throw new DeviceException("the device at " + where + " has virtio-mmio version "
                    + Integer.toUnsignedString(version) + ", not 2"
                    + (version == MmioRegisters.VERSION_LEGACY ? "; have its emulator make it non-legacy" : ""));
        }
        int type = registers.read(MmioRegisters.DEVICE_ID, 4);
        if (type == DeviceType.INVALID) {
            throw new DeviceException("the virtio-mmio slot at " + where + " is empty");
        }
        return new MmioTransport(registers, platform, where, type);
    }

    private MmioTransport(RegisterGate registers, Platform platform, String where, int deviceType) {
        this.registers = registers;
        this.platform = platform;
        this.name = DeviceType.describe(deviceType) + " at " + where;
        this.deviceType = deviceType;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int deviceType() {
        return deviceType;
    }

    @Override
    public FeatureBits deviceFeatures() {
        FeatureBits features = FeatureBits.NONE;
        for (int word = 0; word < FeatureBits.WORDS; word++) {
            write(MmioRegisters.DEVICE_FEATURES_SEL, word);
            features = features.withWord(word, read(MmioRegisters.DEVICE_FEATURES));
        }
        return features;
    }

    @Override
    public FeatureBits transportFeatures() {
        return Features.MMIO;
    }

    @Override
    public int configSize() {
        return CONFIG_SIZE;
    }

    @Override
    public int status() {
        return read(MmioRegisters.STATUS) & 0xff;
    }

    @Override
    public void setStatus(int status) {
        write(MmioRegisters.STATUS, status);
    }

    @Override
    public void reset(long timeoutNanos) throws DeviceException {
        write(MmioRegisters.STATUS, DeviceStatus.RESET);
        long start = platform.nanoTime();
        while (status() != DeviceStatus.RESET) {
            if (platform.nanoTime() - start > timeoutNanos) {
                throw new DeviceException(name + " has not completed its reset within " + timeoutNanos / 1_000_000
                        + " ms; its status is " + DeviceStatus.describe(status()));
            }
            platform.relax();
        }
    }

    @Override
    public boolean negotiate(FeatureBits features, int status) {
        for (int word = FeatureBits.WORDS - 1; word >= 0; word--) {
            // Some devices know just two words and take every selector but 0 for 1: to them, words 2 and 3 go unsaid.
            if (word < 2 || features.word(word) != 0) {
                write(MmioRegisters.DRIVER_FEATURES_SEL, word);
                write(MmioRegisters.DRIVER_FEATURES, features.word(word));
            }
        }
        setStatus(status | DeviceStatus.FEATURES_OK);
        return (status() & DeviceStatus.FEATURES_OK) != 0;
    }

    @Override
    public void readConfig(ConfigSnapshot snapshot, int length) throws DeviceException {
        for (int attempt = 0; attempt < CONFIG_ATTEMPTS; attempt++) {
            int before = read(MmioRegisters.CONFIG_GENERATION);
            snapshot.clear();
            for (int field = 0; field < snapshot.fieldCount(); field++) {
                readField(snapshot, snapshot.offset(field), snapshot.width(field), length);
            }
            if (read(MmioRegisters.CONFIG_GENERATION) == before) {
                return;
            }
        }
        throw new DeviceException("the configuration of " + name + " does not hold still: it changed during each of "
                + CONFIG_ATTEMPTS + " readings");
    }

    private void readField(ConfigSnapshot snapshot, int offset, int width, int length) {
        if (offset + width > length) {
            return;
        }
        // A 64-bit field is accessed as two halves.
        int step = Math.min(width, 4);
        for (int at = offset; at < offset + width; at += step) {
            snapshot.put(at, step, registers.read(MmioRegisters.CONFIG + at, step));
        }
    }

    @Override
    public void writeConfig(int offset, int width, int value) {
        registers.write(MmioRegisters.CONFIG + offset, width, value);
    }

    @Override
    public int queueMaxSize(int queue) {
        write(MmioRegisters.QUEUE_SEL, queue);
        int size = read(MmioRegisters.QUEUE_SIZE_MAX);
        return size < 0 ? QueueSize.MAX : Math.min(size, QueueSize.MAX);
    }

    @Override
    public void setUpQueue(DriverVirtqueue queue, int line) throws DeviceException {
        write(MmioRegisters.QUEUE_SEL, queue.index());
        if (read(MmioRegisters.QUEUE_READY) != 0) {
            throw new DeviceException("queue " + queue.index() + " of " + name + " is in use already");
        }
        write(MmioRegisters.QUEUE_SIZE, queue.size());
        write(MmioRegisters.QUEUE_DESC_LOW, (int) queue.descriptorArea());
        write(MmioRegisters.QUEUE_DESC_HIGH, (int) (queue.descriptorArea() >>> 32));
        write(MmioRegisters.QUEUE_DRIVER_LOW, (int) queue.driverArea());
        write(MmioRegisters.QUEUE_DRIVER_HIGH, (int) (queue.driverArea() >>> 32));
        write(MmioRegisters.QUEUE_DEVICE_LOW, (int) queue.deviceArea());
        write(MmioRegisters.QUEUE_DEVICE_HIGH, (int) (queue.deviceArea() >>> 32));
        write(MmioRegisters.QUEUE_READY, 1);
    }

    @Override
    public void setConfigurationLine(int line) {
        // The one interrupt of a virtio-mmio device also tells of configuration changes.
    }

    @Override
    public void resetQueue(int queue, long timeoutNanos) throws DeviceException {
        write(MmioRegisters.QUEUE_SEL, queue);
        write(MmioRegisters.QUEUE_RESET, 1);
        long start = platform.nanoTime();
        while (read(MmioRegisters.QUEUE_RESET) != 0) {
            if (platform.nanoTime() - start > timeoutNanos) {
                throw new DeviceException(name + " has not completed the reset of queue " + queue + " within "
                        + timeoutNanos / 1_000_000 + " ms");
            }
            platform.relax();
        }
        // Some devices offer RING_RESET without having the register: to them, the queue is as alive as before.
        if (read(MmioRegisters.QUEUE_READY) != 0) {
            throw new DeviceException(
                    name + " says that the reset of queue " + queue + " is complete, but goes on using it");
        }
    }

    @Override
    public void notify(DriverVirtqueue queue) {
        write(MmioRegisters.QUEUE_NOTIFY, queue.notificationData());
    }

    @Override
    public int takeInterrupt(int reasons) {
        int status = read(MmioRegisters.INTERRUPT_STATUS) & InterruptStatus.ALL;
        if (status != 0) {
            write(MmioRegisters.INTERRUPT_ACK, status);
        }
        return status;
    }

    private int read(int register) {
        return registers.read(register, 4);
    }

    private void write(int register, int value) {
        registers.write(register, 4, value);
    }
}
