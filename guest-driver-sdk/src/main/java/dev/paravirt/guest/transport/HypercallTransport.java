// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.transport;

import dev.paravirt.guest.hypercall.DeviceDescription;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.hypercall.Multicall;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.HypercallGate;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.hypercall.DeviceInfo;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.HypercallError;
import dev.paravirt.spec.hypercall.QueueSetup;
import dev.paravirt.spec.ring.QueueSize;

/**
 * A device behind the paravirt hypercalls. What needs no answer is posted, and goes with the next call that needs one in
 * a single MULTICALL; what a driver will ask once its features are accepted is read ahead in the same call. So the whole
 * way from reset to DRIVER_OK is three calls: reset and description, negotiation with configuration and queue sizes,
 * queues and DRIVER_OK.
 */
public final class HypercallTransport implements Transport {
    private static final int CALLS = 64;

    /** Larger configuration spaces are those of future devices. */
    private static final int CONFIG_SIZE = 256;

    private static final int QUEUES_READ_AHEAD = 16;
    private static final int NO_ENTRY = -1;
    private static final int UNKNOWN = -1;

    private final HypercallGate gate;
    private final Platform platform;
    private final Multicall calls;
    private final DmaBuffer info;
    private final DmaBuffer setups;
    private final DmaBuffer config;
    private final int device;
    private final int deviceType;
    private final String name;
    private final int[] maxSizes = new int[QUEUES_READ_AHEAD];
    /** Which entry of the calls under way sets up which queue, NO_ENTRY for those that do something else. */
    private final int[] setUp = new int[CALLS];

    private int[] doorbells = new int[1];
    private FeatureBits deviceFeatures;
    private int queues;
    private int configSize;
    private int readAhead;
    private int statusEntry = NO_ENTRY;

    /** Opens the device of a number, below {@link Hypercalls#deviceCount()}. */
    public static HypercallTransport open(Hypercalls hypercalls, Platform platform, int device) throws DeviceException {
        return new HypercallTransport(hypercalls.gate(), platform, hypercalls.describe(device));
    }

    private HypercallTransport(HypercallGate gate, Platform platform, DeviceDescription description) {
        this.gate = gate;
        this.platform = platform;
        this.device = description.device();
        this.deviceType = description.deviceType();
        this.name = DeviceType.describe(deviceType) + " " + device;
        this.deviceFeatures = description.features();
        this.queues = description.queues();
        this.configSize = limit(description.configSize());
        this.calls = new Multicall(gate, platform, CALLS);
        this.info = platform.allocate(DeviceInfo.SIZE, Long.BYTES);
        this.setups = platform.allocate(CALLS * QueueSetup.SIZE, Long.BYTES);
        this.config = platform.allocate(CONFIG_SIZE, Long.BYTES);
        forget();
    }

    private static int limit(int configSize) {
        return configSize < 0 ? CONFIG_SIZE : Math.min(configSize, CONFIG_SIZE);
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
        return deviceFeatures;
    }

    @Override
    public FeatureBits transportFeatures() {
        return Features.HYPERCALL;
    }

    @Override
    public int configSize() {
        return configSize;
    }

    @Override
    public int status() throws DeviceException {
        // What the last SET_STATUS of a batch returned is the status as read afterwards.
        int entry = statusEntry != NO_ENTRY && statusEntry == calls.count() - 1
                ? statusEntry
                : post(Hypercall.GET_STATUS, device, 0, 0);
        flush();
        return (int) calls.result(entry) & 0xff;
    }

    @Override
    public void setStatus(int status) throws DeviceException {
        statusEntry = post(Hypercall.SET_STATUS, device, status, 0);
    }

    @Override
    public void reset(long timeoutNanos) throws DeviceException {
        // Whatever was posted for a device that is reset now need not be said.
        calls.clear();
        forget();
        int entry = post(Hypercall.SET_STATUS, device, DeviceStatus.RESET, 0);
        post(Hypercall.DEVICE_INFO, device, info.address(), 0);
        flush();
        readInfo();
        if (calls.result(entry) == DeviceStatus.RESET) {
            return;
        }
        long start = platform.nanoTime();
        int status = status();
        while (status != DeviceStatus.RESET) {
            if (platform.nanoTime() - start > timeoutNanos) {
                throw new DeviceException(name + " has not completed its reset within " + timeoutNanos / 1_000_000
                        + " ms; its status is " + DeviceStatus.describe(status));
            }
            platform.relax();
            status = status();
        }
    }

    private void readInfo() throws DeviceException {
        int type = info.getInt(DeviceInfo.DEVICE_ID);
        if (type != deviceType) {
            throw new DeviceException(name + " has turned into another: " + DeviceType.describe(type));
        }
        queues = info.getInt(DeviceInfo.NUM_QUEUES);
        configSize = limit(info.getInt(DeviceInfo.CONFIG_SIZE));
        deviceFeatures = FeatureBits.ofLongs(
                info.getLong(DeviceInfo.DEVICE_FEATURES_LOW), info.getLong(DeviceInfo.DEVICE_FEATURES_HIGH));
    }

    @Override
    public boolean negotiate(FeatureBits features, int status) throws DeviceException {
        forget();
        int negotiated = post(Hypercall.NEGOTIATE, device, features.low(), features.high());
        int length = configSize;
        if (length > 0) {
            post(Hypercall.CONFIG_READ, device, 0, length, config.address());
        }
        int ahead = queues < 0 ? QUEUES_READ_AHEAD : Math.min(queues, QUEUES_READ_AHEAD);
        int firstQueue = calls.count();
        for (int queue = 0; queue < ahead; queue++) {
            post(Hypercall.QUEUE_MAX_SIZE, device, queue, 0);
        }
        flush();
        for (int queue = 0; queue < ahead; queue++) {
            maxSizes[queue] = queueSize(calls.result(firstQueue + queue));
        }
        readAhead = length;
        return (calls.result(negotiated) & DeviceStatus.FEATURES_OK) != 0;
    }

    @Override
    public void readConfig(ConfigSnapshot snapshot, int length) throws DeviceException {
        if (length > readAhead) {
            post(Hypercall.CONFIG_READ, device, 0, length, config.address());
            flush();
        }
        readAhead = 0;
        snapshot.clear();
        config.get(0, snapshot.bytes(), 0, length);
    }

    @Override
    public void writeConfig(int offset, int width, int value) throws DeviceException {
        config.putInt(0, value);
        readAhead = 0;
        post(Hypercall.CONFIG_WRITE, device, offset, width, config.address());
        // The bytes lie where the next reading goes.
        flush();
    }

    @Override
    public int queueMaxSize(int queue) throws DeviceException {
        if (queue < QUEUES_READ_AHEAD && maxSizes[queue] != UNKNOWN) {
            return maxSizes[queue];
        }
        int entry = post(Hypercall.QUEUE_MAX_SIZE, device, queue, 0);
        flush();
        return queueSize(calls.result(entry));
    }

    private static int queueSize(long result) {
        return (int) Math.min(Math.max(result, 0), QueueSize.MAX);
    }

    @Override
    public void setUpQueue(DriverVirtqueue queue, int line) throws DeviceException {
        if (calls.isFull()) {
            flush();
        }
        int entry = calls.count();
        int setup = entry * QueueSetup.SIZE;
        setups.putShort(setup + QueueSetup.QUEUE, (short) queue.index());
        setups.putShort(setup + QueueSetup.QUEUE_SIZE, (short) queue.size());
        setups.putInt(setup + QueueSetup.LINE, line);
        setups.putLong(setup + QueueSetup.DESCRIPTOR_AREA, queue.descriptorArea());
        setups.putLong(setup + QueueSetup.DRIVER_AREA, queue.driverArea());
        setups.putLong(setup + QueueSetup.DEVICE_AREA, queue.deviceArea());
        post(Hypercall.QUEUE_SETUP, device, setups.address() + setup, 0);
        setUp[entry] = queue.index();
    }

    @Override
    public void setConfigurationLine(int line) throws DeviceException {
        post(Hypercall.CONFIG_LINE, device, Integer.toUnsignedLong(line), 0);
    }

    @Override
    public void resetQueue(int queue, long timeoutNanos) throws DeviceException {
        long start = platform.nanoTime();
        while (true) {
            int entry = post(Hypercall.QUEUE_RESET, device, queue, 0);
            flush();
            if (calls.result(entry) == 0) {
                return;
            }
            if (platform.nanoTime() - start > timeoutNanos) {
                throw new DeviceException(name + " has not completed the reset of queue " + queue + " within "
                        + timeoutNanos / 1_000_000 + " ms");
            }
            platform.relax();
        }
    }

    @Override
    public void notify(DriverVirtqueue queue) {
        gate.notify(doorbells[queue.index()], queue.notificationData());
    }

    @Override
    public int takeInterrupt(int reasons) {
        return reasons;
    }

    private int post(int number, long a0, long a1, long a2) throws DeviceException {
        return post(number, a0, a1, a2, 0);
    }

    private int post(int number, long a0, long a1, long a2, long a3) throws DeviceException {
        if (calls.isFull()) {
            flush();
        }
        int entry = calls.add(number, a0, a1, a2, a3);
        setUp[entry] = NO_ENTRY;
        statusEntry = NO_ENTRY;
        return entry;
    }

    /** Makes the posted calls, and takes the doorbells of the queues that they set up. */
    private void flush() throws DeviceException {
        int made = calls.count();
        statusEntry = NO_ENTRY;
        calls.run(name);
        for (int entry = 0; entry < made; entry++) {
            if (setUp[entry] != NO_ENTRY) {
                doorbell(setUp[entry], calls.result(entry));
            }
        }
    }

    private void doorbell(int queue, long doorbell) throws DeviceException {
        if (doorbell < 0 || doorbell > Integer.MAX_VALUE) {
            throw new DeviceException("QUEUE_SETUP for " + name + " returned " + HypercallError.describe(doorbell)
                    + " in place of a doorbell");
        }
        if (queue >= doorbells.length) {
            int[] more = new int[queue + 1];
            System.arraycopy(doorbells, 0, more, 0, doorbells.length);
            doorbells = more;
        }
        doorbells[queue] = (int) doorbell;
    }

    private void forget() {
        readAhead = 0;
        for (int queue = 0; queue < QUEUES_READ_AHEAD; queue++) {
            maxSizes[queue] = UNKNOWN;
        }
    }
}
