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
import dev.paravirt.spec.console.ConsoleConfig;
import dev.paravirt.spec.console.ConsoleFeatures;
import dev.paravirt.spec.console.ConsoleQueues;
import org.jspecify.annotations.Nullable;

/**
 * Drives port 0 of a virtio console (VIRTIO 1.4, "Console Device"): a stream of bytes in each direction. {@link #read} and
 * {@link #write} never wait, the await methods do. For one thread at a time. Allocates nothing after the start.
 *
 * <p>A device that breaks the rules or asks for a reset is not used any more: every method that reaches for it throws
 * {@link DeviceException} until {@link #restart}. So it is when the device was lost ({@link Transport#loss}): at once for
 * those who wait, and once it is there again for those who only ever look.
 */
public final class ConsoleDriver {
    /** What a driver may wait for. */
    private enum Goal {
        INPUT,
        ROOM,
        FLUSHED
    }

    private static final int ALIGNMENT = 64;

    private final Transport transport;
    private final Platform platform;
    private final ConsoleDriverOptions options;
    private final FeatureBits features;
    private final ConfigSnapshot config = new ConfigSnapshot(
            ConsoleConfig.SIZE, ConsoleConfig.COLS, 2, ConsoleConfig.ROWS, 2, ConsoleConfig.MAX_NR_PORTS, 4);
    private final ConsoleStream stream;
    private int columns;
    private int rows;
    private long interrupts;
    private @Nullable String failure;

    private ConsoleDriver(Transport transport, Platform platform, ConsoleDriverOptions options) throws DeviceException {
        this.transport = transport;
        this.platform = platform;
        this.options = options;
        features = DeviceInitialization.begin(
                transport, DeviceType.CONSOLE, options.features(), options.resetTimeoutNanos());
        checkConfig();
        stream = new ConsoleStream(
                transport,
                platform,
                ring(ConsoleQueues.RECEIVE),
                ring(ConsoleQueues.TRANSMIT),
                options.buffers(),
                options.bufferBytes());
        setUp();
    }

    /**
     * Brings a console up.
     *
     * @throws DeviceException if the device is no console, or cannot be driven
     */
    public static ConsoleDriver start(Transport transport, Platform platform, ConsoleDriverOptions options)
            throws DeviceException {
        return new ConsoleDriver(transport, platform, options);
    }

    private void checkConfig() throws DeviceException {
        int needed = ConsoleConfig.requiredSize(features);
        if (transport.configSize() < needed) {
            throw DeviceInitialization.giveUp(
                    transport,
                    "has a configuration space of " + transport.configSize() + " bytes; its features need " + needed);
        }
    }

    private DriverVirtqueue ring(int queue) throws DeviceException {
        VirtqueueFormat format = VirtqueueFormat.of(features);
        int most = Math.min(transport.queueMaxSize(queue), options.buffers());
        if (most == 0) {
            throw DeviceInitialization.giveUp(transport, "has no queue " + queue);
        }
        int size = format.packed() ? most : Integer.highestOneBit(most);
        DmaBuffer memory = platform.allocate(DriverVirtqueue.memorySize(size, format, 0), ALIGNMENT);
        return DriverVirtqueue.create(queue, size, format, memory, 0);
    }

    private void setUp() throws DeviceException {
        transport.setConfigurationLine(options.line());
        transport.setUpQueue(stream.receive, options.line());
        transport.setUpQueue(stream.transmit, options.line());
        stream.fill();
        DeviceInitialization.finish(transport);
        readSize();
        stream.begin();
    }

    private void readSize() throws DeviceException {
        if (features.has(ConsoleFeatures.SIZE)) {
            transport.readConfig(config, ConsoleConfig.ROWS + 2);
            columns = config.get16(ConsoleConfig.COLS);
            rows = config.get16(ConsoleConfig.ROWS);
        }
    }

    /** The device in words: "console device 0". */
    public String name() {
        return transport.name();
    }

    /** What both sides have accepted. */
    public FeatureBits features() {
        return features;
    }

    /** Width of the terminal in characters, as of the last interrupt that was looked after; 0 if it is not known. */
    public int columns() {
        return columns;
    }

    /** Height of the terminal in characters; as {@link #columns}. */
    public int rows() {
        return rows;
    }

    /** Interrupts that were waited for and came. */
    public long interrupts() {
        return interrupts;
    }

    /**
     * Reads what has come.
     *
     * @return bytes read, 0 to {@code length}; 0 if nothing is there
     */
    public int read(byte[] destination, int start, int length) throws DeviceException {
        checkRange(destination, start, length);
        checkAlive();
        try {
            return some(stream.read(destination, start, length));
        } catch (VirtqueueException garbage) {
            throw fail(garbage);
        }
    }

    /**
     * Writes what there is room for. The device has it in order, and not necessarily yet: see {@link #awaitFlushed}.
     *
     * @return bytes taken, 0 to {@code length}
     */
    public int write(byte[] source, int start, int length) throws DeviceException {
        checkRange(source, start, length);
        checkAlive();
        try {
            return some(stream.write(source, start, length));
        } catch (VirtqueueException garbage) {
            throw fail(garbage);
        }
    }

    private static void checkRange(byte[] bytes, int start, int length) {
        if (start < 0 || length < 0 || start > bytes.length - length) {
            throw new IndexOutOfBoundsException(length + " bytes at " + start + " of " + bytes.length);
        }
    }

    /**
     * Waits until there is something to read.
     *
     * @param timeoutNanos 0 looks without waiting, a negative number waits for ever
     * @return whether there is
     */
    public boolean awaitInput(long timeoutNanos) throws DeviceException {
        return await(Goal.INPUT, timeoutNanos);
    }

    /** Waits until something can be written; as {@link #awaitInput}. */
    public boolean awaitRoom(long timeoutNanos) throws DeviceException {
        return await(Goal.ROOM, timeoutNanos);
    }

    /** Waits until the device is done with all that was written; as {@link #awaitInput}. */
    public boolean awaitFlushed(long timeoutNanos) throws DeviceException {
        return await(Goal.FLUSHED, timeoutNanos);
    }

    /** Waits until there is something to read, or something can be written; as {@link #awaitInput}. */
    public boolean awaitInputOrRoom(long timeoutNanos) throws DeviceException {
        return await(null, timeoutNanos);
    }

    private boolean await(@Nullable Goal goal, long timeoutNanos) throws DeviceException {
        long start = platform.nanoTime();
        while (!isReached(goal)) {
            long left = timeoutNanos < 0 ? -1 : timeoutNanos - (platform.nanoTime() - start);
            if (timeoutNanos >= 0 && left <= 0) {
                // What an interrupt has to say is heard even by those who never wait.
                interrupted(platform.waitForInterrupt(options.line(), 0));
                return isReached(goal);
            }
            sleep(goal, left);
        }
        return true;
    }

    private boolean isReached(@Nullable Goal goal) throws DeviceException {
        checkAlive();
        try {
            boolean reached = goal == null ? stream.hasInput() || stream.hasRoom() : hasReached(goal);
            if (!reached) {
                checkLoss();
            }
            return reached;
        } catch (VirtqueueException garbage) {
            throw fail(garbage);
        }
    }

    private boolean hasReached(Goal goal) {
        return switch (goal) {
            case INPUT -> stream.hasInput();
            case ROOM -> stream.hasRoom();
            case FLUSHED -> stream.isFlushed();
        };
    }

    private void sleep(@Nullable Goal goal, long nanos) throws DeviceException {
        try {
            if (stream.arm(goal == null || goal == Goal.INPUT, goal != Goal.INPUT)) {
                int reasons = platform.waitForInterrupt(options.line(), nanos);
                interrupts += reasons != 0 ? 1 : 0;
                interrupted(reasons);
            }
            stream.disarm();
        } catch (VirtqueueException garbage) {
            throw fail(garbage);
        }
    }

    /** Whether there is something to read; never waits, and takes no interrupt. */
    public boolean hasInput() throws DeviceException {
        return isReached(Goal.INPUT);
    }

    /** Whether something can be written; as {@link #hasInput}. */
    public boolean hasRoom() throws DeviceException {
        return isReached(Goal.ROOM);
    }

    /** Whether the device is done with all that was written; as {@link #hasInput}. */
    public boolean isFlushed() throws DeviceException {
        return isReached(Goal.FLUSHED);
    }

    /**
     * Asks for an interrupt when there is more input. For those who wait for several devices at once: they enable
     * interrupts, wait by themselves if that is safe, {@link #disableInterrupts}, and hand over what came with
     * {@link #interrupted}.
     *
     * @return whether waiting is safe; false if there is input already
     */
    public boolean enableInputInterrupt() throws DeviceException {
        checkAlive();
        try {
            return stream.arm(true, false);
        } catch (VirtqueueException garbage) {
            throw fail(garbage);
        }
    }

    /** As {@link #enableInputInterrupt}, for when the device is done with output. */
    public boolean enableOutputInterrupt() throws DeviceException {
        checkAlive();
        try {
            return stream.arm(false, true);
        } catch (VirtqueueException garbage) {
            throw fail(garbage);
        }
    }

    /** Asks for no interrupts of the queues any more. */
    public void disableInterrupts() {
        stream.disarm();
    }

    /** Notifications that were sent to the device. */
    public long notifications() {
        return stream.notifications();
    }

    /**
     * Looks after an interrupt that somebody else has waited for: the terminal has another size, or the device is broken.
     *
     * @param reasons as {@link Platform#waitForInterrupt} returned them
     */
    public void interrupted(int reasons) throws DeviceException {
        if (reasons == 0 || (transport.takeInterrupt(reasons) & InterruptStatus.CONFIGURATION_CHANGE) == 0) {
            return;
        }
        if ((transport.status() & DeviceStatus.DEVICE_NEEDS_RESET) != 0) {
            failure = "asks for a reset";
            checkAlive();
        }
        readSize();
    }

    /**
     * Writes one character without any queue.
     *
     * @throws IllegalStateException unless EMERG_WRITE was negotiated
     */
    public void emergencyWrite(int character) throws DeviceException {
        if (!features.has(ConsoleFeatures.EMERG_WRITE)) {
            throw new IllegalStateException(transport.name() + " has no emergency write");
        }
        transport.writeConfig(ConsoleConfig.EMERG_WR, 4, character & 0xff);
        // Writes may be posted, and this one is wanted now.
        int status = transport.status();
        if (status == 0) {
            throw new DeviceException(transport.name() + " was reset");
        }
    }

    private void checkAlive() throws DeviceException {
        if (failure != null) {
            throw new DeviceException(transport.name() + " " + failure);
        }
    }

    private int some(int bytes) throws DeviceException {
        if (bytes == 0) {
            checkLoss();
        }
        return bytes;
    }

    /** Nothing was found: perhaps because nobody is there any more. */
    private void checkLoss() throws DeviceException {
        if (transport.loss() == Loss.OVER) {
            failure = "was lost";
            checkAlive();
        }
    }

    private DeviceException fail(VirtqueueException garbage) {
        failure = "broke the rules of its queues: " + garbage.getMessage();
        return new DeviceException(transport.name() + " " + failure);
    }

    /**
     * Resets the device and starts it again. Output that the device had not finished and input that was not read are lost.
     * If the device was lost, this waits for it, as often as it is lost again meanwhile.
     *
     * @throws DeviceException if the device does not come back as it was
     */
    public void restart() throws DeviceException {
        failure = "is being reset";
        do {
            transport.reset(options.resetTimeoutNanos());
        } while (!startAgain());
        failure = null;
    }

    /** Returns false if the device is lost on the way. */
    private boolean startAgain() throws DeviceException {
        try {
            FeatureBits now =
                    DeviceInitialization.begin(transport, DeviceType.CONSOLE, features, options.resetTimeoutNanos());
            if (!now.equals(features)
                    || transport.queueMaxSize(ConsoleQueues.RECEIVE) < stream.receive.size()
                    || transport.queueMaxSize(ConsoleQueues.TRANSMIT) < stream.transmit.size()) {
                throw DeviceInitialization.giveUp(transport, "came back from a reset with other properties");
            }
            checkConfig();
            stream.receive.reset();
            stream.transmit.reset();
            setUp();
            return true;
        } catch (DeviceException failed) {
            if (transport.loss() == Loss.NONE) {
                throw failed;
            }
            return false;
        }
    }

    /** Resets the device for good. */
    public void stop() throws DeviceException {
        failure = "was stopped";
        transport.reset(options.resetTimeoutNanos());
    }
}
