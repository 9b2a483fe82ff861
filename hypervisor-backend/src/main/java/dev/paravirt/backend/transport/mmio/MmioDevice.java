// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.mmio;

import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.Interrupt;
import dev.paravirt.backend.device.Outcome;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.mmio.MmioRegisters;
import dev.paravirt.spec.ring.NotificationData;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A device as the register file of virtio-mmio version 2 (VIRTIO 1.4, "Virtio Over MMIO"), for any emulator to map:
 * each access of the driver is one call of {@link #read} or {@link #write}. For any thread, also several at once.
 *
 * <p>A driver may read and write what it likes. What it must not read reads 0; what it must not write is ignored, except
 * that a queue which cannot be enabled sets DEVICE_NEEDS_RESET, as there is no other way to say so.
 */
public final class MmioDevice implements AutoCloseable {
    /** Bytes of address space in front of the configuration space. */
    public static final int REGISTERS_SIZE = MmioRegisters.CONFIG;

    private static final int VENDOR_ID = 0x56524150;

    /** The status bits that a driver may set before the device says whether it accepts the features. */
    private static final int BEFORE_FEATURES = ~(DeviceStatus.FEATURES_OK | DeviceStatus.DRIVER_OK);

    private final DeviceSession session;
    private final InterruptPin pin;
    private final long resetWaitNanos;
    private final AtomicInteger interruptStatus = new AtomicInteger();

    // Guarded by this.
    private final @Nullable QueueRegisters[] queues;
    private FeatureBits driverFeatures = FeatureBits.NONE;
    private int deviceFeaturesSelector;
    private int driverFeaturesSelector;
    private int queueSelector;

    /** A reset was asked for, and the registers still show what was before. Written under the lock. */
    private volatile boolean resetting;

    private MmioDevice(
            VirtioDevice device,
            GuestMemory memory,
            FeatureBits features,
            List<QueueWorker> workers,
            InterruptPin pin,
            Duration resetWait) {
        this.pin = pin;
        this.resetWaitNanos = resetWait.toNanos();
        this.queues = new @Nullable QueueRegisters[device.queueCount()];
        this.session = DeviceSession.start(device, memory, features.and(Features.MMIO), new Raise(), workers);
    }

    /**
     * Starts a device.
     *
     * @param device belongs to the result, which closes it
     * @param memory all that the device may reach; outlives it
     * @param features the device-independent features that it may offer, {@link Features#MMIO} for all
     * @param workers serve the queues, by turns; they outlive the device
     * @param resetWait how long a write of 0 to Status waits for I/O in flight. VIRTIO lets a reset take its time, but
     *     Linux does not look whether it is complete before it goes on.
     */
    public static MmioDevice start(
            VirtioDevice device,
            GuestMemory memory,
            FeatureBits features,
            List<QueueWorker> workers,
            InterruptPin pin,
            Duration resetWait) {
        return new MmioDevice(device, memory, features, workers, pin, resetWait);
    }

    /** The session of the device, for what it can tell about it. */
    public DeviceSession session() {
        return session;
    }

    /** Whether the interrupt is asserted: some bit of InterruptStatus is set. */
    public boolean isInterruptAsserted() {
        return interruptStatus.get() != 0;
    }

    /**
     * The driver reads.
     *
     * @param offset bytes from the device's base, any number
     * @param width 1, 2 or 4 bytes; registers below {@link #REGISTERS_SIZE} are read whole, by 4
     * @return the value, zero-extended; 0 where nothing is to be read
     */
    public int read(int offset, int width) {
        if (offset >= MmioRegisters.CONFIG) {
            return readConfig(offset - MmioRegisters.CONFIG, width);
        }
        if (width != Integer.BYTES || !MmioRegisters.isReadable(offset)) {
            return 0;
        }
        return offset == MmioRegisters.INTERRUPT_STATUS && !resetting ? interruptStatus.get() : readRegister(offset);
    }

    private synchronized int readRegister(int offset) {
        finishReset();
        return switch (offset) {
            case MmioRegisters.MAGIC_VALUE -> MmioRegisters.MAGIC;
            case MmioRegisters.VERSION -> MmioRegisters.VERSION_2;
            case MmioRegisters.DEVICE_ID -> session.deviceType();
            case MmioRegisters.VENDOR_ID -> VENDOR_ID;
            case MmioRegisters.DEVICE_FEATURES -> session.deviceFeatures().word(deviceFeaturesSelector);
            case MmioRegisters.QUEUE_SIZE_MAX -> session.queueMaxSize(queueSelector);
            // A queue that is being taken out of use is still used: its memory is not the driver's yet.
            case MmioRegisters.QUEUE_READY -> session.isQueueStopped(queueSelector) ? 0 : 1;
            case MmioRegisters.QUEUE_RESET -> isQueueResetting() ? 1 : 0;
            case MmioRegisters.INTERRUPT_STATUS -> interruptStatus.get();
            case MmioRegisters.STATUS -> session.status();
            case MmioRegisters.CONFIG_GENERATION -> session.configGeneration();
            case MmioRegisters.SHM_LEN_LOW,
                    MmioRegisters.SHM_LEN_HIGH,
                    MmioRegisters.SHM_BASE_LOW,
                    MmioRegisters.SHM_BASE_HIGH -> (int) MmioRegisters.SHM_ABSENT;
            default -> 0;
        };
    }

    private boolean isQueueResetting() {
        return !session.isQueueStopped(queueSelector) && !session.isQueueEnabled(queueSelector);
    }

    private int readConfig(int offset, int width) {
        if (!isConfigAccess(offset, width)) {
            return 0;
        }
        byte[] bytes = new byte[width];
        session.readConfig(offset, bytes, 0, width);
        int value = 0;
        for (int at = width - 1; at >= 0; at--) {
            value = value << 8 | bytes[at] & 0xff;
        }
        return value;
    }

    private boolean isConfigAccess(int offset, int width) {
        return (width == 1 || width == 2 || width == 4) && offset <= session.configSize() - width;
    }

    /**
     * The driver writes.
     *
     * @param offset bytes from the device's base, any number
     * @param width 1, 2 or 4 bytes; registers below {@link #REGISTERS_SIZE} are written whole, by 4
     * @param value in its lower {@code width} bytes
     */
    public void write(int offset, int width, int value) {
        if (offset >= MmioRegisters.CONFIG) {
            writeConfig(offset - MmioRegisters.CONFIG, width, value);
        } else if (width == Integer.BYTES && MmioRegisters.isWritable(offset)) {
            writeRegister(offset, value);
        }
    }

    private void writeRegister(int offset, int value) {
        switch (offset) {
            // These two are the path of requests and take no lock.
            case MmioRegisters.QUEUE_NOTIFY -> session.notifyQueue(NotificationData.queueIndex(value));
            case MmioRegisters.INTERRUPT_ACK -> interruptStatus.getAndUpdate(status -> status & ~value);
            case MmioRegisters.STATUS -> writeStatus(value);
            default -> writeSelected(offset, value);
        }
    }

    private synchronized void writeSelected(int offset, int value) {
        switch (offset) {
            case MmioRegisters.DEVICE_FEATURES_SEL -> deviceFeaturesSelector = value;
            case MmioRegisters.DRIVER_FEATURES_SEL -> driverFeaturesSelector = value;
            case MmioRegisters.DRIVER_FEATURES ->
                driverFeatures = driverFeatures.withWord(driverFeaturesSelector, value);
            case MmioRegisters.QUEUE_SEL -> queueSelector = value;
            case MmioRegisters.SHM_SEL -> {}
            default -> writeQueue(offset, value);
        }
    }

    private void writeQueue(int offset, int value) {
        if (session.queueMaxSize(queueSelector) == 0) {
            return;
        }
        QueueRegisters registers = queues[queueSelector];
        if (registers == null) {
            registers = new QueueRegisters();
            queues[queueSelector] = registers;
        }
        switch (offset) {
            case MmioRegisters.QUEUE_READY -> writeQueueReady(registers, value);
            case MmioRegisters.QUEUE_RESET -> {
                if (value == 1) {
                    ignore(session.resetQueue(queueSelector));
                }
            }
            default -> registers.write(offset, value);
        }
    }

    private void writeQueueReady(QueueRegisters registers, int value) {
        if (value == 0) {
            ignore(session.stopQueue(queueSelector));
        } else if (value == 1 && session.isQueueStopped(queueSelector)) {
            Outcome outcome = registers.enable(session, queueSelector);
            if (outcome != Outcome.DONE) {
                session.needsReset("queue " + queueSelector + " cannot be enabled (" + outcome + "): " + registers);
            }
        }
    }

    private void writeStatus(int value) {
        if (value == DeviceStatus.RESET) {
            reset();
        } else {
            advance(value);
        }
    }

    private void reset() {
        synchronized (this) {
            resetting = true;
            ignore(session.setStatus(DeviceStatus.RESET));
        }
        try {
            if (!session.awaitStopped(resetWaitNanos)) {
                // The driver sees a status that is not 0 yet.
                return;
            }
        } catch (InterruptedException early) {
            Thread.currentThread().interrupt();
        }
        finishReset();
    }

    /** Once the session says that a reset is complete, the registers are as at the start. */
    private synchronized void finishReset() {
        if (resetting && session.status() == DeviceStatus.RESET) {
            resetting = false;
            interruptStatus.set(0);
            driverFeatures = FeatureBits.NONE;
            deviceFeaturesSelector = 0;
            driverFeaturesSelector = 0;
            queueSelector = 0;
            Arrays.fill(queues, null);
        }
    }

    /** FEATURES_OK asks a question, whose answer the driver reads; what it sets together with it depends on that. */
    private synchronized void advance(int value) {
        finishReset();
        int before = session.status();
        boolean asks = (value & ~before & DeviceStatus.FEATURES_OK) != 0;
        if (asks && session.setStatus(value & BEFORE_FEATURES) == Outcome.DONE) {
            ignore(session.negotiate(driverFeatures));
        }
        ignore(session.setStatus(value));
    }

    /** A register has no way to answer: what a driver must not write changes nothing. */
    private static void ignore(Outcome outcome) {
        assert outcome != null;
    }

    private void writeConfig(int offset, int width, int value) {
        if (!isConfigAccess(offset, width)) {
            return;
        }
        byte[] bytes = new byte[width];
        for (int at = 0; at < width; at++) {
            bytes[at] = (byte) (value >>> 8 * at);
        }
        session.writeConfig(offset, bytes, 0, width);
    }

    /** Resets the device, waiting for I/O in flight, and closes it. */
    @Override
    public void close() {
        session.close();
    }

    private final class Raise implements Interrupt {
        @Override
        public void usedBuffer(int queue) {
            raise(InterruptStatus.USED_BUFFER);
        }

        @Override
        public void configurationChanged() {
            raise(InterruptStatus.CONFIGURATION_CHANGE);
        }

        private void raise(int bit) {
            int before = interruptStatus.get();
            while (!interruptStatus.compareAndSet(before, before | bit)) {
                before = interruptStatus.get();
            }
            if ((before & bit) == 0) {
                pin.raise();
            }
        }
    }
}
