// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import dev.paravirt.backend.device.DeviceSession;
import dev.paravirt.backend.device.VirtioDevice;
import dev.paravirt.backend.worker.QueueWorker;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.HypercallError;
import dev.paravirt.spec.hypercall.MulticallEntry;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A guest's devices behind the hypercalls of {@code HYPERCALLS.md}, for a guest in this process ({@link LocalGuest}) or in
 * one of its own ({@link #serving}). Calls may come from any thread, also from several at once. No argument and no
 * content of memory makes a call do worse than return a {@link HypercallError}.
 */
public final class HypercallMachine implements GuestMachine {
    /** Makes the worker threads that suit a carrier. */
    interface WorkerFactory {
        QueueWorker start(String name) throws IOException;
    }

    /** The queue that a doorbell belongs to. */
    private record Doorbell(DeviceSession session, int queue) {
        void ring() {
            session.notifyQueue(queue);
        }
    }

    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);
    /** System.nanoTime may be negative, which would read as an error. */
    private static final long CLOCK_START = System.nanoTime();

    private static final long DOORBELL_DATA_BITS = 0xffff_ffffL;
    private static final long EXIT_CODE_BITS = 0xff;

    private final InterruptLines lines;
    private final MachineOptions options;
    private final GuestBytes bytes;
    private final List<QueueWorker> workers = new ArrayList<>();
    private final List<HypercallDevice> devices = new ArrayList<>();

    private final List<Doorbell> doorbells = new ArrayList<>();

    /** Owns the devices, also if this fails. */
    HypercallMachine(
            GuestMemory memory,
            List<? extends VirtioDevice> devices,
            InterruptLines lines,
            MachineOptions options,
            WorkerFactory workerFactory)
            throws IOException {
        this.lines = lines;
        this.options = options;
        this.bytes = new GuestBytes(memory);
        try {
            for (VirtioDevice device : devices) {
                addDevice(device, memory, workerFactory);
            }
        } catch (IOException | RuntimeException failure) {
            close();
            for (VirtioDevice device : devices.subList(this.devices.size(), devices.size())) {
                device.close();
            }
            throw failure;
        }
    }

    private void addDevice(VirtioDevice device, GuestMemory memory, WorkerFactory workerFactory) throws IOException {
        List<QueueWorker> own = new ArrayList<>();
        int queues = device.queueCount();
        for (int worker = 0; worker < Math.min(options.workersPerDevice(), Math.max(queues, 1)); worker++) {
            own.add(workerFactory.start("paravirt-device" + devices.size() + "-" + worker));
            workers.add(own.getLast());
        }
        HypercallDevice added = new HypercallDevice(device, memory, options.features(), lines, own, doorbells.size());
        devices.add(added);
        for (int queue = 0; queue < queues; queue++) {
            doorbells.add(new Doorbell(added.session(), queue));
        }
    }

    /**
     * The machine of a guest in a process of its own; made by a {@link GuestMachine.Factory}.
     *
     * @param devices belong to the machine, which closes them, also if this fails. Numbered in this order.
     * @throws IllegalArgumentException if the guest's shape has fewer doorbells than the devices have queues
     */
    public static HypercallMachine serving(
            SharedGuest guest, List<? extends VirtioDevice> devices, MachineOptions options) throws IOException {
        GuestShape shape = guest.shape();
        MemoryRegion[] regions = new MemoryRegion[shape.regions().size()];
        for (int index = 0; index < regions.length; index++) {
            regions[index] = new MemoryRegion(shape.regions().get(index).address(), guest.region(index));
        }
        HypercallMachine machine = new HypercallMachine(
                new GuestMemory(regions), devices, new SharedLines(guest), options, QueueWorker::startWatching);
        try {
            machine.watchDoorbells(guest);
            return machine;
        } catch (LinuxException | RuntimeException failure) {
            machine.close();
            throw failure;
        }
    }

    private void watchDoorbells(SharedGuest guest) throws LinuxException {
        int count = guest.shape().doorbells();
        if (doorbells.size() > count) {
            throw new IllegalArgumentException("the devices have " + doorbells.size()
                    + " queues, but the guest's shape has only " + count + " doorbells");
        }
        for (int doorbell = 0; doorbell < doorbells.size(); doorbell++) {
            Doorbell watched = doorbells.get(doorbell);
            watched.session().worker(watched.queue()).watch(guest.doorbell(doorbell), watched::ring);
        }
    }

    /** How many doorbells a guest with these devices needs: one for each queue. */
    public static int doorbells(List<? extends VirtioDevice> devices) {
        int count = 0;
        for (VirtioDevice device : devices) {
            count += device.queueCount();
        }
        return count;
    }

    /** The session of a device, for what it can tell about it. */
    public DeviceSession session(int device) {
        return devices.get(device).session();
    }

    @Override
    public long hypercall(int number, long a0, long a1, long a2, long a3) {
        try {
            return number == Hypercall.MULTICALL ? multicall(a0, a1) : single(number, a0, a1, a2, a3);
        } catch (InternalError truncated) {
            // The JVM's answer to memory that is mapped but not there any more.
            return HypercallError.BAD_ADDRESS;
        }
    }

    private long single(int number, long a0, long a1, long a2, long a3) {
        return switch (number) {
            case Hypercall.VERSION -> Hypercall.version(Hypercall.MAJOR, Hypercall.MINOR);
            case Hypercall.DEVICE_COUNT -> devices.size();
            case Hypercall.LINE_COUNT -> lines.count();
            case Hypercall.NOTIFY -> notify(a0, a1);
            case Hypercall.CONSOLE_PRINT -> print(a0, a1);
            case Hypercall.CLOCK -> clock(a0);
            case Hypercall.POWER_OFF -> powerOff(a0);
            default -> deviceCall(number, a0, a1, a2, a3);
        };
    }

    private long deviceCall(int number, long device, long a1, long a2, long a3) {
        if (number < Hypercall.DEVICE_INFO || number > Hypercall.QUEUE_RESET) {
            return HypercallError.NOT_SUPPORTED;
        }
        if (device < 0 || device >= devices.size()) {
            return HypercallError.NO_DEVICE;
        }
        HypercallDevice called = devices.get((int) device);
        return switch (number) {
            case Hypercall.DEVICE_INFO -> called.info(a1);
            case Hypercall.GET_STATUS -> called.status();
            case Hypercall.SET_STATUS -> called.setStatus(a1);
            case Hypercall.NEGOTIATE -> called.negotiate(a1, a2);
            case Hypercall.CONFIG_READ -> called.readConfig(a1, a2, a3);
            case Hypercall.CONFIG_WRITE -> called.writeConfig(a1, a2, a3);
            case Hypercall.CONFIG_LINE -> called.setConfigLine(a1);
            case Hypercall.QUEUE_MAX_SIZE -> called.queueMaxSize(a1);
            case Hypercall.QUEUE_SETUP -> called.setUpQueue(a1);
            case Hypercall.QUEUE_RESET -> called.resetQueue(a1);
            default -> HypercallError.NOT_SUPPORTED;
        };
    }

    long notify(long doorbell, long data) {
        if (doorbell < 0 || doorbell >= doorbells.size() || (data & ~DOORBELL_DATA_BITS) != 0) {
            return HypercallError.INVALID_ARGUMENT;
        }
        doorbells.get((int) doorbell).ring();
        return 0;
    }

    private long multicall(long gpa, long count) {
        if (count < 1 || count > Hypercall.MAX_MULTICALL || gpa % Long.BYTES != 0) {
            return HypercallError.INVALID_ARGUMENT;
        }
        MemoryRegion region = bytes.find(gpa, count * MulticallEntry.SIZE);
        if (region == null) {
            return HypercallError.BAD_ADDRESS;
        }
        for (int done = 0; done < count; done++) {
            long entry = gpa - region.address() + (long) done * MulticallEntry.SIZE;
            long result = entry(region, entry);
            region.putLong(entry + MulticallEntry.RESULT, result);
            if (result < 0) {
                return done;
            }
        }
        return count;
    }

    private long entry(MemoryRegion region, long entry) {
        long number = region.getLong(entry + MulticallEntry.NUMBER);
        long a0 = region.getLong(entry + MulticallEntry.ARGUMENTS);
        long a1 = region.getLong(entry + MulticallEntry.ARGUMENTS + 8);
        long a2 = region.getLong(entry + MulticallEntry.ARGUMENTS + 16);
        long a3 = region.getLong(entry + MulticallEntry.ARGUMENTS + 24);
        if (number != (int) number || number == Hypercall.POWER_OFF) {
            return HypercallError.NOT_SUPPORTED;
        }
        return single((int) number, a0, a1, a2, a3);
    }

    private long print(long gpa, long length) {
        if (length < 0 || length > Hypercall.MAX_CONSOLE_PRINT) {
            return HypercallError.INVALID_ARGUMENT;
        }
        if (!bytes.contains(gpa, (int) length)) {
            return HypercallError.BAD_ADDRESS;
        }
        options.console().accept(bytes.read(gpa, (int) length));
        return length;
    }

    private static long clock(long which) {
        if (which == Hypercall.CLOCK_MONOTONIC) {
            return System.nanoTime() - CLOCK_START;
        }
        if (which == Hypercall.CLOCK_REALTIME) {
            Instant now = Instant.now();
            return now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
        }
        return HypercallError.INVALID_ARGUMENT;
    }

    private long powerOff(long code) {
        if ((code & ~EXIT_CODE_BITS) != 0) {
            return HypercallError.INVALID_ARGUMENT;
        }
        options.powerOff().accept((int) code);
        return 0;
    }

    /** Resets and closes every device, waiting for I/O in flight, and ends the workers. */
    @Override
    public void close() {
        for (HypercallDevice device : devices) {
            device.session().close();
        }
        for (QueueWorker worker : workers) {
            worker.close();
        }
        workers.clear();
    }
}
