// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.Interrupt;
import dev.paravirt.backend.device.Outcome;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.hypercall.DeviceInfo;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.HypercallError;
import dev.paravirt.spec.hypercall.QueueSetup;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** The calls that name a device, for one device ({@code HYPERCALLS.md}, "Devices" and "Virtqueues"). */
final class HypercallDevice implements Interrupt {
    private static final int VENDOR_ID = 0x56524150;
    private static final long STATUS_BITS = 0xff;
    private static final long QUEUE_BITS = 0xffff;
    private static final long LINE_BITS = 0xffff_ffffL;

    private final DeviceSession session;
    private final GuestBytes bytes;
    private final InterruptLines lines;
    private final int firstDoorbell;

    /** Where each queue posts its notifications. Written before the queue is enabled. */
    private final AtomicIntegerArray queueLines;

    private volatile int configLine = Hypercall.NO_LINE;

    HypercallDevice(
            VirtioDevice device,
            GuestMemory memory,
            FeatureBits features,
            InterruptLines lines,
            List<QueueWorker> workers,
            int firstDoorbell) {
        this.bytes = new GuestBytes(memory);
        this.lines = lines;
        this.firstDoorbell = firstDoorbell;
        this.queueLines = new AtomicIntegerArray(device.queueCount());
        this.session = DeviceSession.start(device, memory, features, this, workers);
    }

    DeviceSession session() {
        return session;
    }

    @Override
    public void usedBuffer(int queue) {
        post(queueLines.get(queue), InterruptStatus.USED_BUFFER);
    }

    @Override
    public void configurationChanged() {
        post(configLine, InterruptStatus.CONFIGURATION_CHANGE);
    }

    private void post(int line, int reason) {
        if (line != Hypercall.NO_LINE) {
            lines.raise(line, reason);
        }
    }

    long info(long gpa) {
        if (!isAligned(gpa)) {
            return HypercallError.INVALID_ARGUMENT;
        }
        MemoryRegion region = bytes.find(gpa, DeviceInfo.SIZE);
        if (region == null) {
            return HypercallError.BAD_ADDRESS;
        }
        long at = gpa - region.address();
        region.putInt(at + DeviceInfo.DEVICE_ID, session.deviceType());
        region.putInt(at + DeviceInfo.VENDOR_ID, VENDOR_ID);
        region.putInt(at + DeviceInfo.NUM_QUEUES, session.queueCount());
        region.putInt(at + DeviceInfo.CONFIG_SIZE, session.configSize());
        region.putLong(
                at + DeviceInfo.DEVICE_FEATURES_LOW, session.deviceFeatures().low());
        region.putLong(
                at + DeviceInfo.DEVICE_FEATURES_HIGH, session.deviceFeatures().high());
        return 0;
    }

    long status() {
        return session.status();
    }

    long setStatus(long value) {
        if ((value & ~STATUS_BITS) != 0) {
            return HypercallError.INVALID_ARGUMENT;
        }
        Outcome outcome = session.setStatus((int) value);
        if (value == DeviceStatus.RESET) {
            configLine = Hypercall.NO_LINE;
        }
        return outcome == Outcome.DONE ? session.status() : error(outcome);
    }

    long negotiate(long low, long high) {
        Outcome outcome = session.negotiate(FeatureBits.ofLongs(low, high));
        return outcome == Outcome.DONE ? session.status() : error(outcome);
    }

    long readConfig(long offset, long length, long gpa) {
        if (!isConfigRange(offset, length)) {
            return HypercallError.INVALID_ARGUMENT;
        }
        if (!bytes.contains(gpa, (int) length)) {
            return HypercallError.BAD_ADDRESS;
        }
        byte[] config = new byte[(int) length];
        int generation = session.readConfig((int) offset, config, 0, config.length);
        bytes.write(gpa, config);
        return Integer.toUnsignedLong(generation);
    }

    long writeConfig(long offset, long length, long gpa) {
        if (!isConfigRange(offset, length)) {
            return HypercallError.INVALID_ARGUMENT;
        }
        if (!bytes.contains(gpa, (int) length)) {
            return HypercallError.BAD_ADDRESS;
        }
        session.writeConfig((int) offset, bytes.read(gpa, (int) length), 0, (int) length);
        return 0;
    }

    private boolean isConfigRange(long offset, long length) {
        return length >= 0
                && length <= Hypercall.MAX_CONFIG_ACCESS
                && offset >= 0
                && offset <= session.configSize() - length;
    }

    long setConfigLine(long line) {
        if (!isLine(line)) {
            return HypercallError.INVALID_ARGUMENT;
        }
        configLine = (int) line;
        return 0;
    }

    private boolean isLine(long line) {
        return line == LINE_BITS || (line >= 0 && line < lines.count());
    }

    long queueMaxSize(long queue) {
        return (queue & ~QUEUE_BITS) != 0 ? HypercallError.INVALID_ARGUMENT : session.queueMaxSize((int) queue);
    }

    /** Under a lock of its own: a line must not change between its check and the queue's start. */
    synchronized long setUpQueue(long gpa) {
        if (!isAligned(gpa)) {
            return HypercallError.INVALID_ARGUMENT;
        }
        MemoryRegion region = bytes.find(gpa, QueueSetup.SIZE);
        if (region == null) {
            boolean early = (session.status() & DeviceStatus.FEATURES_OK) == 0;
            return early ? HypercallError.BAD_STATE : HypercallError.BAD_ADDRESS;
        }
        // Each field is read once, before any is looked at.
        long at = gpa - region.address();
        int queue = region.getShort(at + QueueSetup.QUEUE) & 0xffff;
        int size = region.getShort(at + QueueSetup.QUEUE_SIZE) & 0xffff;
        long line = Integer.toUnsignedLong(region.getInt(at + QueueSetup.LINE));
        long descriptorArea = region.getLong(at + QueueSetup.DESCRIPTOR_AREA);
        long driverArea = region.getLong(at + QueueSetup.DRIVER_AREA);
        long deviceArea = region.getLong(at + QueueSetup.DEVICE_AREA);
        if (!isLine(line) || session.queueMaxSize(queue) == 0) {
            return HypercallError.INVALID_ARGUMENT;
        }
        if (session.isQueueStopped(queue)) {
            queueLines.set(queue, (int) line);
        }
        Outcome outcome = session.setUpQueue(queue, size, descriptorArea, driverArea, deviceArea);
        return outcome == Outcome.DONE ? firstDoorbell + queue : error(outcome);
    }

    long resetQueue(long queue) {
        if ((queue & ~QUEUE_BITS) != 0) {
            return HypercallError.INVALID_ARGUMENT;
        }
        Outcome outcome = session.resetQueue((int) queue);
        if (outcome != Outcome.DONE) {
            return error(outcome);
        }
        return session.isQueueStopped((int) queue) ? 0 : 1;
    }

    private static boolean isAligned(long gpa) {
        return gpa % Long.BYTES == 0;
    }

    private static long error(Outcome outcome) {
        return switch (outcome) {
            case INVALID_ARGUMENT -> HypercallError.INVALID_ARGUMENT;
            case BAD_STATE -> HypercallError.BAD_STATE;
            case BAD_ADDRESS -> HypercallError.BAD_ADDRESS;
            case DONE -> throw new IllegalArgumentException("no error: " + outcome);
        };
    }
}
