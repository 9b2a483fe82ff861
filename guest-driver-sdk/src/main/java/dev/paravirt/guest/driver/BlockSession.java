// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.ConfigSnapshot;
import dev.paravirt.guest.transport.Loss;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.blk.BlkConfig;
import org.jspecify.annotations.Nullable;

/** The device behind a {@link BlockDriver}: started, waited for, started over when it fails, given up in the end. */
final class BlockSession {
    /** Header, one piece of data, status. */
    private static final int SMALLEST_QUEUE = 3;

    private static final int FRAME = 2;
    private static final int ALIGNMENT = 64;
    private static final int NEVER_SET = -1;

    final Transport transport;
    final Platform platform;
    final FeatureBits features;
    final BlockLimits limits;
    final RequestQueue[] queues;

    private final BlockDriverOptions options;
    private final ConfigSnapshot config = BlockLimits.snapshot();
    private final int segments;
    private final int queueLimit;
    private volatile long capacity;
    private volatile @Nullable String failure;
    private volatile @Nullable String broken;
    private int wantedWriteback = NEVER_SET;
    private int resetsInVain;
    private long resets;

    BlockSession(Transport transport, Platform platform, BlockDriverOptions options) throws DeviceException {
        this.transport = transport;
        this.platform = platform;
        this.options = options;
        features = DeviceInitialization.begin(transport, DeviceType.BLOCK, options.features(), options.timeoutNanos());
        readConfig();
        queueLimit = Math.min(BlockLimits.queues(config, features), options.queues());
        DriverVirtqueue[] rings = rings();
        int room = options.segments();
        for (DriverVirtqueue ring : rings) {
            room = Math.min(room, ring.size() - FRAME);
        }
        segments = room;
        limits = checkedLimits();
        queues = new RequestQueue[rings.length];
        for (int queue = 0; queue < rings.length; queue++) {
            DriverVirtqueue ring = rings[queue];
            int depth = VirtqueueFormat.of(features).indirect() ? ring.size() : Math.max(ring.size() / FRAME, 1);
            int line = options.firstLine() + queue % options.lines();
            queues[queue] = new RequestQueue(platform, ring, line, depth, segments, options.spinNanos());
        }
        setUp();
    }

    private void readConfig() throws DeviceException {
        int needed = BlkConfig.requiredSize(features);
        if (transport.configSize() < needed) {
            throw DeviceInitialization.giveUp(
                    transport,
                    "has a configuration space of " + transport.configSize() + " bytes; its features need " + needed);
        }
        transport.readConfig(config, Math.min(needed, config.size()));
        capacity = BlockLimits.capacity(config);
    }

    private BlockLimits checkedLimits() throws DeviceException {
        BlockLimits checked = BlockLimits.of(config, features, segments);
        if (checked.maxTransferBytes() == 0) {
            throw DeviceInitialization.giveUp(
                    transport,
                    "allows " + checked.maxSegments() + " pieces of " + checked.maxSegmentBytes()
                            + " bytes in a request: not even one sector");
        }
        return checked;
    }

    private DriverVirtqueue[] rings() throws DeviceException {
        int count = 0;
        while (count < queueLimit && usableSize(count) >= SMALLEST_QUEUE) {
            count++;
        }
        if (count == 0) {
            throw DeviceInitialization.giveUp(
                    transport,
                    "has a queue of " + transport.queueMaxSize(0) + " descriptors at most, and the driver uses up to "
                            + options.queueSize() + "; that leaves " + usableSize(0) + ", and a request takes "
                            + SMALLEST_QUEUE);
        }
        DriverVirtqueue[] rings = new DriverVirtqueue[count];
        for (int queue = 0; queue < count; queue++) {
            rings[queue] = ring(queue, usableSize(queue));
        }
        return rings;
    }

    private DriverVirtqueue ring(int queue, int size) {
        VirtqueueFormat format = VirtqueueFormat.of(features);
        int indirect = format.indirect() ? Math.min(options.segments() + FRAME, size) : 0;
        int bytes = DriverVirtqueue.memorySize(size, format, indirect);
        DmaBuffer memory = platform.allocate(bytes, ALIGNMENT);
        return DriverVirtqueue.create(queue, size, format, memory, indirect);
    }

    private int usableSize(int queue) throws DeviceException {
        int size = Math.min(transport.queueMaxSize(queue), options.queueSize());
        return VirtqueueFormat.of(features).packed() ? size : Integer.highestOneBit(size);
    }

    /** Step 7 of the initialization, and 8. */
    private void setUp() throws DeviceException {
        transport.setConfigurationLine(options.firstLine());
        for (RequestQueue queue : queues) {
            transport.setUpQueue(queue.ring, queue.line);
            queue.ring.disableUsedNotifications();
        }
        DeviceInitialization.finish(transport);
    }

    long capacity() {
        return capacity;
    }

    /** Why there will be no more requests, or null. */
    @Nullable
    String failure() {
        return failure;
    }

    /** Why there is nothing until someone calls {@link #recover()}, or null. */
    @Nullable
    String broken() {
        return broken;
    }

    long resets() {
        return resets;
    }

    boolean kick(RequestQueue queue) {
        if (failure != null || broken != null || !queue.ring.publish()) {
            return false;
        }
        transport.notify(queue.ring);
        queue.notifications++;
        return true;
    }

    /** Looks for completions without waiting. Returns whether something has happened. */
    boolean harvest(RequestQueue queue) {
        if (failure != null || broken != null) {
            return false;
        }
        try {
            if (queue.harvest() > 0) {
                resetsInVain = 0;
                return true;
            }
        } catch (VirtqueueException garbage) {
            fail("queue " + queue.ring.index() + ": " + garbage.getMessage());
            return true;
        }
        if (transport.loss() == Loss.OVER) {
            fail("the device was lost");
            return true;
        }
        return false;
    }

    /**
     * Waits until something has happened to the requests of a queue.
     *
     * @param timeoutNanos negative for ever, which is as long as a request may take
     * @return false if time ran out, or nothing is under way
     */
    boolean waitFor(RequestQueue queue, long timeoutNanos) {
        if (harvest(queue)) {
            return true;
        }
        long start = platform.nanoTime();
        if (timeoutNanos == 0) {
            return checkTime(queue, start);
        }
        boolean happened = spin(queue, start, timeoutNanos);
        while (!happened && queue.underWay() > 0 && failure == null && broken == null) {
            long passed = platform.nanoTime() - start;
            if (timeoutNanos > 0 && passed >= timeoutNanos) {
                break;
            }
            happened = sleep(queue, timeoutNanos < 0 ? quarter() : Math.min(timeoutNanos - passed, quarter()));
        }
        queue.spin.waited(platform.nanoTime() - start);
        return happened;
    }

    private long quarter() {
        return options.timeoutNanos() / 4;
    }

    private boolean spin(RequestQueue queue, long start, long timeoutNanos) {
        long limit = timeoutNanos < 0 ? queue.spin.nanos() : Math.min(timeoutNanos, queue.spin.nanos());
        long now = start;
        while (now - start < limit && queue.underWay() > 0) {
            platform.relax();
            if (harvest(queue)) {
                return true;
            }
            now = platform.nanoTime();
        }
        return checkTime(queue, now);
    }

    /** Arms the interrupt and waits for it once. */
    private boolean sleep(RequestQueue queue, long nanos) {
        if (queue.ring.enableUsedNotifications()) {
            int reasons = platform.waitForInterrupt(queue.line, nanos);
            queue.ring.disableUsedNotifications();
            if (reasons != 0) {
                queue.interrupts++;
                if (interrupted(reasons)) {
                    return true;
                }
            }
        } else {
            queue.ring.disableUsedNotifications();
        }
        return harvest(queue) || checkTime(queue, platform.nanoTime());
    }

    /** Starts the device over if a request is late, and not for want of a device. Returns whether it did. */
    private boolean checkTime(RequestQueue queue, long now) {
        int late = queue.findLate(now, quarter());
        if (late == RequestQueue.NONE || transport.loss() == Loss.LASTING) {
            return false;
        }
        fail("queue " + queue.ring.index() + ": a request was not completed within "
                + options.timeoutNanos() / 1_000_000 + " ms");
        return true;
    }

    /** Looks after the reasons of an interrupt. Returns whether the device was started over. */
    boolean interrupted(int reasons) {
        int taken = transport.takeInterrupt(reasons);
        if ((taken & InterruptStatus.CONFIGURATION_CHANGE) == 0) {
            return false;
        }
        try {
            if ((transport.status() & DeviceStatus.DEVICE_NEEDS_RESET) == 0) {
                transport.readConfig(config, Math.min(BlkConfig.requiredSize(features), config.size()));
                capacity = BlockLimits.capacity(config);
                keepWriteback();
                return false;
            }
            fail("the device asks for a reset");
        } catch (DeviceException failed) {
            fail(failed.getMessage());
        }
        return true;
    }

    /** Something happened from which only a reset helps. */
    private void fail(@Nullable String reason) {
        broken = String.valueOf(reason);
        if (options.automaticRecovery()) {
            recover();
        }
    }

    /** Starts the device over if it is broken, and makes again what may be made again. */
    void recover() {
        String reason = broken;
        boolean blamed = false;
        while (reason != null) {
            if (transport.loss() == Loss.NONE) {
                if (resetsInVain >= options.maxResets()) {
                    giveUp(reason + "; it was reset " + resetsInVain + " times and completed nothing since", true);
                    return;
                }
                resetsInVain++;
                blamed = true;
            }
            resets++;
            reason = startOver(reason, blamed);
        }
        broken = null;
    }

    /**
     * @param blamed whether the device has failed, and was not just lost
     * @return null, or why it has to be tried again
     */
    private @Nullable String startOver(String reason, boolean blamed) {
        try {
            transport.reset(options.timeoutNanos());
        } catch (DeviceException noReset) {
            giveUp(reason + "; " + noReset.getMessage(), false);
            return null;
        }
        try {
            FeatureBits now = DeviceInitialization.begin(transport, DeviceType.BLOCK, features, options.timeoutNanos());
            readConfig();
            if (!now.equals(features) || !checkedLimits().equals(limits) || !roomForQueues()) {
                giveUp(reason + "; it came back from a reset with other properties", true);
                return null;
            }
            for (RequestQueue queue : queues) {
                queue.ring.reset();
            }
            setUp();
            keepWriteback();
            broken = null;
            for (RequestQueue queue : queues) {
                queue.resubmit(blamed, options.maxResubmissions(), capacity);
                kick(queue);
            }
            return null;
        } catch (DeviceException failed) {
            return failed.getMessage();
        }
    }

    private boolean roomForQueues() throws DeviceException {
        for (RequestQueue queue : queues) {
            if (transport.queueMaxSize(queue.ring.index()) < queue.ring.size()) {
                return false;
            }
        }
        return true;
    }

    /** Ends all requests. Their buffers are free if the device has been reset. */
    private void giveUp(String reason, boolean canReset) {
        boolean quiet = canReset;
        if (canReset) {
            try {
                transport.reset(options.timeoutNanos());
            } catch (DeviceException noReset) {
                quiet = false;
            }
        }
        failure = reason;
        for (RequestQueue queue : queues) {
            queue.abandon(quiet ? BlockIoException.LOST : BlockIoException.ABANDONED);
        }
    }

    /** Resets one queue, with RING_RESET, and makes again what may be made again. */
    void resetQueue(RequestQueue queue) throws DeviceException {
        transport.resetQueue(queue.ring.index(), options.timeoutNanos());
        queue.ring.reset();
        transport.setUpQueue(queue.ring, queue.line);
        queue.ring.disableUsedNotifications();
        int status = transport.status();
        if ((status & DeviceStatus.DEVICE_NEEDS_RESET) != 0) {
            fail("the device asks for a reset");
            return;
        }
        queue.resubmit(true, options.maxResubmissions(), capacity);
        kick(queue);
    }

    /** Writes the cache mode and reads it again: the one that it then is stays wanted. */
    boolean setWriteback(int mode) throws DeviceException {
        transport.writeConfig(BlkConfig.WRITEBACK, 1, mode);
        readConfig();
        wantedWriteback = config.get8(BlkConfig.WRITEBACK);
        return wantedWriteback == BlkConfig.WRITEBACK_CACHE;
    }

    /** A device that was reset, or that another process has taken over, has forgotten the cache mode. */
    private void keepWriteback() throws DeviceException {
        if (wantedWriteback != NEVER_SET && config.get8(BlkConfig.WRITEBACK) != wantedWriteback) {
            setWriteback(wantedWriteback);
        }
    }

    /** Resets the device for good. */
    void stop() throws DeviceException {
        if (failure == null) {
            failure = "the driver was stopped";
            int status = BlockIoException.ABANDONED;
            try {
                transport.reset(options.timeoutNanos());
                status = BlockIoException.LOST;
            } finally {
                for (RequestQueue queue : queues) {
                    queue.abandon(status);
                }
            }
        }
    }
}
