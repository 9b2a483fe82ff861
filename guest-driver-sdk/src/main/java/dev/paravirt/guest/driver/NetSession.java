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
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.spec.net.NetQueues;
import org.jspecify.annotations.Nullable;

/** The device behind a {@link NetDriver}: started, waited for, started over when it fails, given up in the end. */
final class NetSession {
    /** Virtqueue indices are 16 bits, and the control queue comes last. */
    private static final int MOST_PAIRS = 0x7fff;

    private static final int CONTROL_QUEUE_SIZE = 64;
    private static final int CONTROL_CHAIN = 2;

    final Transport transport;
    final Platform platform;
    final FeatureBits features;
    final ReceiveQueue[] receive;
    final TransmitQueue[] transmit;
    final @Nullable NetControlQueue control;

    private final NetDriverOptions options;
    private final ConfigSnapshot config = NetShape.snapshot();
    private final int devicePairs;
    private final int mtu;
    private volatile int linkStatus;
    private volatile @Nullable String failure;
    private volatile @Nullable String broken;
    private int resetsInVain;
    private long resets;
    private long linkChanges;

    NetSession(Transport transport, Platform platform, NetDriverOptions options) throws DeviceException {
        this.transport = transport;
        this.platform = platform;
        this.options = options;
        FeatureBits usable = NetShape.closed(options.features().and(transport.deviceFeatures()));
        features = DeviceInitialization.begin(transport, DeviceType.NETWORK, usable, options.timeoutNanos());
        readConfig();
        devicePairs = checkedPairs();
        mtu = checkedMtu();
        NetShape shape = NetShape.of(features, mtu, options);
        int pairs = usablePairs();
        receive = new ReceiveQueue[pairs];
        transmit = new TransmitQueue[pairs];
        for (int pair = 0; pair < pairs; pair++) {
            int line = options.firstLine() + pair % options.lines();
            DriverVirtqueue in = ring(NetQueues.receive(pair), 0);
            receive[pair] = new ReceiveQueue(pair, in, line, shape, platform, options.spinNanos());
            DriverVirtqueue out = ring(NetQueues.transmit(pair), 0);
            transmit[pair] = new TransmitQueue(pair, out, line, shape, platform, options.spinNanos());
        }
        control = features.has(NetFeatures.CTRL_VQ) ? controlQueue() : null;
        try {
            setUp();
        } catch (DeviceException failed) {
            giveUp("it did not start");
            throw failed;
        }
    }

    private void readConfig() throws DeviceException {
        int needed = NetConfig.requiredSize(features);
        if (transport.configSize() < needed) {
            throw DeviceInitialization.giveUp(
                    transport,
                    "has a configuration space of " + transport.configSize() + " bytes; its features need " + needed);
        }
        transport.readConfig(config, Math.min(needed, config.size()));
        linkStatus = features.has(NetFeatures.STATUS) ? config.get16(NetConfig.STATUS) : NetConfig.S_LINK_UP;
    }

    private int checkedPairs() throws DeviceException {
        boolean several = features.has(NetFeatures.MQ) || features.has(NetFeatures.RSS);
        int pairs = several ? config.get16(NetConfig.MAX_VIRTQUEUE_PAIRS) : 1;
        if (pairs < 1 || pairs > MOST_PAIRS) {
            throw DeviceInitialization.giveUp(transport, "has " + pairs + " pairs of queues, not 1 to " + MOST_PAIRS);
        }
        return pairs;
    }

    private int usablePairs() throws DeviceException {
        int most = Math.min(devicePairs, options.pairs());
        int pairs = 0;
        while (pairs < most && usableSize(NetQueues.receive(pairs)) > 0 && usableSize(NetQueues.transmit(pairs)) > 0) {
            pairs++;
        }
        if (pairs == 0) {
            throw DeviceInitialization.giveUp(transport, "has no pair of a receive and a transmit queue");
        }
        return pairs;
    }

    private NetControlQueue controlQueue() throws DeviceException {
        int index = NetQueues.control(devicePairs);
        int size = Math.min(usableSize(index), CONTROL_QUEUE_SIZE);
        if (size < CONTROL_CHAIN) {
            throw DeviceInitialization.giveUp(
                    transport, "has a control queue of " + size + " descriptors, and a command takes " + CONTROL_CHAIN);
        }
        return new NetControlQueue(ring(index, CONTROL_QUEUE_SIZE), receive.length, platform);
    }

    private DriverVirtqueue ring(int queue, int most) throws DeviceException {
        VirtqueueFormat format = VirtqueueFormat.of(features);
        int size = most == 0 ? usableSize(queue) : Math.min(usableSize(queue), most);
        // A frame is one buffer, and needs no table of descriptors.
        DmaBuffer memory = platform.allocate(DriverVirtqueue.memorySize(size, format, 0), NetShape.ALIGNMENT);
        return DriverVirtqueue.create(queue, size, format, memory, 0);
    }

    private int usableSize(int queue) throws DeviceException {
        int size = Math.max(Math.min(transport.queueMaxSize(queue), options.queueSize()), 0);
        return VirtqueueFormat.of(features).packed() ? size : Integer.highestOneBit(size);
    }

    /** Step 7 of the initialization, and 8, and what control commands have set. */
    private void setUp() throws DeviceException {
        transport.setConfigurationLine(options.firstLine());
        for (int pair = 0; pair < receive.length; pair++) {
            transport.setUpQueue(receive[pair].ring, receive[pair].line);
            receive[pair].ring.disableUsedNotifications();
            transport.setUpQueue(transmit[pair].ring, transmit[pair].line);
            transmit[pair].ring.disableUsedNotifications();
        }
        if (control != null) {
            transport.setUpQueue(control.ring, options.firstLine());
            control.ring.disableUsedNotifications();
        }
        DeviceInitialization.finish(transport);
        if (control != null) {
            restore(control);
        }
        broken = null;
        for (ReceiveQueue queue : receive) {
            kick(queue);
        }
    }

    private void restore(NetControlQueue queue) throws DeviceException {
        if (receive.length > 1 && features.has(NetFeatures.MQ)) {
            queue.put16(0, receive.length);
            again(queue, NetControl.MQ, NetControl.MQ_VQ_PAIRS_SET, Short.BYTES);
        }
        NetSettings settings = queue.settings;
        for (int step = settings.next(0); step >= 0; step = settings.next(step + 1)) {
            int length = settings.recall(step, queue.data());
            again(queue, settings.commandClass(step), settings.command(step), length);
        }
    }

    private void again(NetControlQueue queue, int commandClass, int command, int length) throws DeviceException {
        String trouble = execute(queue, commandClass, command, length);
        if (trouble == null && queue.answer() != NetControl.OK) {
            trouble = refusal(commandClass, command, queue.answer());
        }
        if (trouble != null) {
            throw new DeviceException(transport.name() + ": " + trouble);
        }
    }

    private static String refusal(int commandClass, int command, int answer) {
        String what = answer == 0xff ? " was used, and its answer never written" : " was refused with " + answer;
        return "control command " + commandClass + "/" + command + what;
    }

    /** Makes a control command and waits for it. Returns null, or why the device has to be reset. */
    private @Nullable String execute(NetControlQueue queue, int commandClass, int command, int length)
            throws DeviceException {
        queue.add(commandClass, command, length);
        if (queue.ring.publish()) {
            transport.notify(queue.ring);
        }
        long start = platform.nanoTime();
        try {
            while (!queue.isDone()) {
                long left = options.timeoutNanos() - (platform.nanoTime() - start);
                if (left <= 0) {
                    return "control command " + commandClass + "/" + command + " was not answered within "
                            + options.timeoutNanos() / 1_000_000 + " ms";
                }
                if (queue.ring.enableUsedNotifications()) {
                    int taken = transport.takeInterrupt(platform.waitForInterrupt(options.firstLine(), left));
                    boolean changed = (taken & InterruptStatus.CONFIGURATION_CHANGE) != 0;
                    if (changed && !configurationChanged()) {
                        return "the device asks for a reset";
                    }
                }
                queue.ring.disableUsedNotifications();
            }
            return null;
        } catch (VirtqueueException garbage) {
            return "control queue: " + garbage.getMessage();
        }
    }

    /** Makes a control command whose data is there already. */
    void command(int commandClass, int command, int length) throws DeviceException {
        NetControlQueue queue = control();
        String dead = failure != null ? failure : broken;
        if (dead != null) {
            throw new DeviceException(transport.name() + ": " + dead);
        }
        String trouble;
        try {
            trouble = execute(queue, commandClass, command, length);
        } catch (DeviceException failed) {
            trouble = String.valueOf(failed.getMessage());
        }
        if (trouble != null) {
            fail(trouble);
            throw new DeviceException(transport.name() + ": " + trouble);
        }
        if (queue.answer() != NetControl.OK) {
            throw new DeviceException(transport.name() + ": " + refusal(commandClass, command, queue.answer()));
        }
        queue.settings.remember(commandClass, command, queue.data(), length);
    }

    NetControlQueue control() throws DeviceException {
        NetControlQueue queue = control;
        if (queue == null) {
            throw new DeviceException(transport.name() + " has no control queue: CTRL_VQ was not negotiated");
        }
        return queue;
    }

    /** Bytes of a packet without its Ethernet header; what a device says that cannot be counts as nothing. */
    private int checkedMtu() {
        int said = features.has(NetFeatures.MTU) ? config.get16(NetConfig.MTU) : 0;
        return said < NetConfig.MIN_MTU ? NetShape.USUAL_MTU : said;
    }

    int mtu() {
        return mtu;
    }

    ConfigSnapshot config() {
        return config;
    }

    int linkStatus() {
        return linkStatus;
    }

    long linkChanges() {
        return linkChanges;
    }

    long resets() {
        return resets;
    }

    @Nullable
    String failure() {
        return failure;
    }

    @Nullable
    String broken() {
        return broken;
    }

    boolean isDead() {
        return failure != null || broken != null;
    }

    boolean kick(NetQueue queue) {
        if (isDead() || !queue.publish()) {
            return false;
        }
        transport.notify(queue.ring);
        queue.notifications++;
        return true;
    }

    /** Looks for used buffers without waiting. */
    void harvest(NetQueue queue, int most) {
        if (isDead()) {
            return;
        }
        try {
            long before = queue.frames;
            if (queue.harvest(most) == 0 && transport.loss() == Loss.OVER) {
                fail("the device was lost");
                return;
            }
            if (queue.frames != before) {
                resetsInVain = 0;
            }
            if (queue.isWorthShowing()) {
                kick(queue);
            }
        } catch (VirtqueueException garbage) {
            fail("queue " + queue.ring.index() + ": " + garbage.getMessage());
        }
    }

    /**
     * Waits until a queue has what one waits for.
     *
     * @param timeoutNanos negative for ever
     * @return false if time ran out, or the device does not work
     */
    boolean await(NetQueue queue, long timeoutNanos) {
        long start = platform.nanoTime();
        long now = start;
        boolean found = look(queue);
        while (!found && !isDead() && (timeoutNanos < 0 || now - start < timeoutNanos)) {
            if (now - start < queue.spin.nanos()) {
                platform.relax();
            } else {
                sleep(queue, timeoutNanos < 0 ? timeoutNanos : timeoutNanos - (now - start));
            }
            found = look(queue);
            now = platform.nanoTime();
        }
        if (timeoutNanos != 0) {
            queue.spin.waited(now - start);
        }
        return found;
    }

    private boolean look(NetQueue queue) {
        if (!queue.hasFrame()) {
            harvest(queue, 1);
        }
        return queue.hasFrame();
    }

    /** Arms the interrupt and waits for it once. */
    private void sleep(NetQueue queue, long nanos) {
        int reasons = queue.ring.enableUsedNotifications() ? platform.waitForInterrupt(queue.line, nanos) : 0;
        queue.ring.disableUsedNotifications();
        if (reasons != 0) {
            queue.interrupts++;
            interrupted(reasons);
        }
    }

    /** Looks after the reasons of an interrupt. */
    void interrupted(int reasons) {
        if ((transport.takeInterrupt(reasons) & InterruptStatus.CONFIGURATION_CHANGE) == 0 || isDead()) {
            return;
        }
        try {
            if (!configurationChanged()) {
                fail("the device asks for a reset");
            }
        } catch (DeviceException failed) {
            fail(failed.getMessage());
        }
    }

    /** Returns false if the device has to be reset. */
    private boolean configurationChanged() throws DeviceException {
        if ((transport.status() & DeviceStatus.DEVICE_NEEDS_RESET) != 0) {
            return false;
        }
        readStatus();
        return true;
    }

    /** Reads what may change while the device works. */
    void readStatus() throws DeviceException {
        int before = linkStatus & NetConfig.S_LINK_UP;
        readConfig();
        linkChanges += before != (linkStatus & NetConfig.S_LINK_UP) ? 1 : 0;
    }

    /** Something happened from which only a reset helps. */
    private void fail(@Nullable String reason) {
        broken = String.valueOf(reason);
        if (options.automaticRecovery()) {
            recover();
        }
    }

    /** Starts the device over if it is broken. */
    void recover() {
        String reason = broken;
        while (reason != null) {
            if (transport.loss() == Loss.NONE) {
                if (resetsInVain >= options.maxResets()) {
                    giveUp(reason + "; it was reset " + resetsInVain + " times and moved no frame since");
                    return;
                }
                resetsInVain++;
            }
            resets++;
            reason = startOver(reason);
        }
        broken = null;
    }

    /** Returns null, or why it has to be tried again. */
    private @Nullable String startOver(String reason) {
        try {
            transport.reset(options.timeoutNanos());
        } catch (DeviceException noReset) {
            failure = reason + "; " + noReset.getMessage();
            return null;
        }
        try {
            FeatureBits now =
                    DeviceInitialization.begin(transport, DeviceType.NETWORK, features, options.timeoutNanos());
            boolean same = now.equals(features);
            if (same) {
                readConfig();
                same = checkedPairs() == devicePairs && checkedMtu() == mtu && hasRoom();
            }
            if (!same) {
                giveUp(reason + "; it came back from a reset with other properties");
                return null;
            }
            restartQueues();
            setUp();
            return null;
        } catch (DeviceException failed) {
            return String.valueOf(failed.getMessage());
        }
    }

    private void restartQueues() {
        for (int pair = 0; pair < receive.length; pair++) {
            receive[pair].restart();
            transmit[pair].restart();
        }
        if (control != null) {
            control.ring.reset();
        }
    }

    private boolean hasRoom() throws DeviceException {
        boolean room = control == null || transport.queueMaxSize(control.ring.index()) >= control.ring.size();
        for (int pair = 0; pair < receive.length; pair++) {
            room &= transport.queueMaxSize(receive[pair].ring.index()) >= receive[pair].ring.size();
            room &= transport.queueMaxSize(transmit[pair].ring.index()) >= transmit[pair].ring.size();
        }
        return room;
    }

    /** Leaves the device alone for good, reset if it still does that. */
    private void giveUp(String reason) {
        failure = reason;
        try {
            transport.reset(options.timeoutNanos());
            restartQueues();
        } catch (DeviceException noReset) {
            failure = reason + "; " + noReset.getMessage();
        }
    }

    /** Resets the device for good. */
    void stop() throws DeviceException {
        if (failure == null) {
            failure = "the driver was stopped";
            transport.reset(options.timeoutNanos());
            restartQueues();
        }
    }
}
