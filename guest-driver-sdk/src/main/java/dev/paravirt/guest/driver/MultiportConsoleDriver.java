// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.ConfigSnapshot;
import dev.paravirt.guest.transport.Loss;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.console.ConsoleConfig;
import dev.paravirt.spec.console.ConsoleFeatures;
import org.jspecify.annotations.Nullable;

/**
 * Drives a virtio console with many ports (VIRTIO 1.4, "Multiport Device Operation"), each a stream of bytes in both
 * directions. Ports come and go as the device says; {@link #changes} counts such news, which {@link #poll} and every await
 * method hear. A port that is a console is opened at once, others by {@link #open}.
 *
 * <p>{@link #read}, {@link #write} and {@link #poll} never wait, the await methods do. For one thread at a time. Allocates
 * nothing after the start. A device that breaks the rules of its queues or asks for a reset is not used any more: every
 * method that reaches for it throws {@link DeviceException} until {@link #restart}; if the device was lost, once it is
 * there again. Control messages that make no sense are ignored and counted.
 */
public final class MultiportConsoleDriver {
    /** What {@link #read} and {@link #write} return for a port that is not there, or not any more. */
    public static final int GONE = -1;

    /** What a driver may wait for. */
    private enum Goal {
        INPUT,
        ROOM,
        FLUSHED,
        CHANGE
    }

    /** In place of a port's number. */
    static final int ALL = -1;

    private final Transport transport;
    private final Platform platform;
    private final MultiportConsoleDriverOptions options;
    private final FeatureBits features;
    private final ConfigSnapshot config = new ConfigSnapshot(
            ConsoleConfig.SIZE, ConsoleConfig.COLS, 2, ConsoleConfig.ROWS, 2, ConsoleConfig.MAX_NR_PORTS, 4);
    private final ConsolePortTable ports;
    private long interrupts;
    private @Nullable String failure;

    private MultiportConsoleDriver(Transport transport, Platform platform, MultiportConsoleDriverOptions options)
            throws DeviceException {
        this.transport = transport;
        this.platform = platform;
        this.options = options;
        features = DeviceInitialization.begin(
                transport, DeviceType.CONSOLE, options.features(), options.resetTimeoutNanos());
        if (!features.has(ConsoleFeatures.MULTIPORT)) {
            throw DeviceInitialization.giveUp(transport, "has one port only, which is for ConsoleDriver");
        }
        ports = new ConsolePortTable(transport, platform, features, options, Math.min(maxPorts(), options.ports()));
        setUp();
    }

    /**
     * Brings a console up. Its ports are announced a little later, see {@link #awaitChange}.
     *
     * @throws DeviceException if the device is no console, has no MULTIPORT, or cannot be driven
     */
    public static MultiportConsoleDriver start(
            Transport transport, Platform platform, MultiportConsoleDriverOptions options) throws DeviceException {
        return new MultiportConsoleDriver(transport, platform, options);
    }

    private int maxPorts() throws DeviceException {
        int needed = ConsoleConfig.requiredSize(features);
        if (transport.configSize() < needed) {
            throw DeviceInitialization.giveUp(
                    transport,
                    "has a configuration space of " + transport.configSize() + " bytes; its features need " + needed);
        }
        transport.readConfig(config, ConsoleConfig.MAX_NR_PORTS + 4);
        long most = config.get32(ConsoleConfig.MAX_NR_PORTS) & 0xffff_ffffL;
        if (most == 0) {
            throw DeviceInitialization.giveUp(transport, "has a max_nr_ports of 0");
        }
        return (int) Math.min(most, Integer.MAX_VALUE);
    }

    private void setUp() throws DeviceException {
        transport.setConfigurationLine(options.line());
        ports.setUp(options.line());
        DeviceInitialization.finish(transport);
        ports.begin();
    }

    // Ports.

    /** What both sides have accepted. */
    public FeatureBits features() {
        return features;
    }

    /** Ports are numbered from 0 to one below this. */
    public int ports() {
        return ports.size();
    }

    /** Grows with everything that the device says of its ports, and with every {@link #restart}. */
    public long changes() {
        return ports.changes();
    }

    /** Control messages of the device that made no sense. */
    public long ignored() {
        return ports.ignored();
    }

    /** Interrupts that were waited for and came. */
    public long interrupts() {
        return interrupts;
    }

    /** Whether there is such a port now; any number. */
    public boolean isPresent(int port) {
        return ports.isPresent(port);
    }

    /** Whether a port is a console for people. */
    public boolean isConsole(int port) {
        return isPresent(port) && ports.get(port).console;
    }

    /** Whether somebody is at the other side of a port. */
    public boolean isHostOpen(int port) {
        return isPresent(port) && ports.get(port).hostOpen;
    }

    /** Width of a port's terminal in characters; 0 if it is not known. */
    public int columns(int port) {
        return isPresent(port) ? ports.get(port).columns : 0;
    }

    /** Height of a port's terminal in characters; 0 if it is not known. */
    public int rows(int port) {
        return isPresent(port) ? ports.get(port).rows : 0;
    }

    /** The port of a name, in ASCII; {@link #GONE} if there is none now. */
    public int find(String name) {
        for (int port = 0; port < ports.size(); port++) {
            if (ports.isPresent(port) && ports.get(port).isNamed(name)) {
                return port;
            }
        }
        return GONE;
    }

    /** Bytes of a port's name, 0 to 128; a longer name is cut. */
    public int nameLength(int port) {
        return isPresent(port) ? ports.get(port).nameLength() : 0;
    }

    /**
     * Copies a port's name for people to read: in place of every byte that is not printable ASCII stands a question mark,
     * so that a name from a hostile device gives no commands to a terminal.
     *
     * @return its length, {@link #nameLength}
     */
    public int copyName(int port, byte[] destination, int start) {
        return isPresent(port) ? ports.get(port).copyName(destination, start) : 0;
    }

    /**
     * Tells the device that somebody listens at our side of a port, or nobody does any more.
     *
     * @return false if the port is gone
     */
    public boolean open(int port, boolean open) throws DeviceException {
        checkAlive();
        if (!isPresent(port)) {
            return false;
        }
        ports.get(port).open(open);
        poll();
        return true;
    }

    /**
     * Hears what the device says of its ports, and tells it what there was no room for before.
     *
     * @return whether anything has changed
     */
    public boolean poll() throws DeviceException {
        checkAlive();
        long before = changes();
        try {
            ports.poll();
        } catch (VirtqueueException garbage) {
            throw fail(garbage);
        }
        boolean changed = changes() != before;
        if (!changed) {
            checkLoss();
        }
        return changed;
    }

    // Bytes.

    /**
     * Reads what has come.
     *
     * @return bytes read, 0 to {@code length}; 0 if nothing is there; {@link #GONE} if there is no such port
     */
    public int read(int port, byte[] destination, int start, int length) throws DeviceException {
        checkRange(destination, start, length);
        checkAlive();
        if (!isPresent(port)) {
            return GONE;
        }
        try {
            return some(ports.get(port).stream.read(destination, start, length));
        } catch (VirtqueueException garbage) {
            throw fail(garbage);
        }
    }

    /**
     * Writes what there is room for. The device has it in order, and not necessarily yet: see {@link #awaitFlushed}.
     *
     * @return bytes taken, 0 to {@code length}; {@link #GONE} if there is no such port
     */
    public int write(int port, byte[] source, int start, int length) throws DeviceException {
        checkRange(source, start, length);
        checkAlive();
        if (!isPresent(port)) {
            return GONE;
        }
        try {
            return some(ports.get(port).stream.write(source, start, length));
        } catch (VirtqueueException garbage) {
            throw fail(garbage);
        }
    }

    private static void checkRange(byte[] bytes, int start, int length) {
        if (start < 0 || length < 0 || start > bytes.length - length) {
            throw new IndexOutOfBoundsException(length + " bytes at " + start + " of " + bytes.length);
        }
    }

    // Waiting.

    /**
     * Waits until there is something to read from a port, or it is gone.
     *
     * @param timeoutNanos 0 looks without waiting, a negative number waits for ever
     * @return whether that is so
     */
    public boolean awaitInput(int port, long timeoutNanos) throws DeviceException {
        return await(Goal.INPUT, port, 0, timeoutNanos);
    }

    /** Waits until there is something to read from any port, or {@link #changes} has grown; as {@link #awaitInput}. */
    public boolean awaitAnyInput(long timeoutNanos) throws DeviceException {
        return await(Goal.INPUT, ALL, changes(), timeoutNanos);
    }

    /** Waits until something can be written to a port, or it is gone; as {@link #awaitInput}. */
    public boolean awaitRoom(int port, long timeoutNanos) throws DeviceException {
        return await(Goal.ROOM, port, 0, timeoutNanos);
    }

    /** Waits until the device is done with all that was written to a port, or it is gone; as {@link #awaitInput}. */
    public boolean awaitFlushed(int port, long timeoutNanos) throws DeviceException {
        return await(Goal.FLUSHED, port, 0, timeoutNanos);
    }

    /**
     * Waits until the device has said something of its ports; as {@link #awaitInput}.
     *
     * @param seen what {@link #changes} was when the caller last looked
     */
    public boolean awaitChange(long seen, long timeoutNanos) throws DeviceException {
        return await(Goal.CHANGE, ALL, seen, timeoutNanos);
    }

    private boolean await(Goal goal, int port, long seen, long timeoutNanos) throws DeviceException {
        long start = platform.nanoTime();
        while (!isReached(goal, port, seen)) {
            long left = timeoutNanos < 0 ? -1 : timeoutNanos - (platform.nanoTime() - start);
            if (timeoutNanos >= 0 && left <= 0) {
                // What an interrupt has to say is heard even by those who never wait.
                interrupted(platform.waitForInterrupt(options.line(), 0));
                return isReached(goal, port, seen);
            }
            sleep(goal, port, left);
        }
        return true;
    }

    private boolean isReached(Goal goal, int port, long seen) throws DeviceException {
        poll();
        try {
            if (port == ALL) {
                return changes() != seen || (goal == Goal.INPUT && ports.hasAnyInput());
            }
            if (!isPresent(port)) {
                return true;
            }
            ConsoleStream stream = ports.get(port).stream;
            return switch (goal) {
                case INPUT -> stream.hasInput();
                case ROOM -> stream.hasRoom();
                case FLUSHED -> stream.isFlushed();
                case CHANGE -> false;
            };
        } catch (VirtqueueException garbage) {
            throw fail(garbage);
        }
    }

    /** Queues that the goal has nothing to do with stay silent: what they have would end the wait at once. */
    private void sleep(Goal goal, int port, long nanos) throws DeviceException {
        try {
            if (ports.arm(port, goal == Goal.INPUT, goal == Goal.ROOM || goal == Goal.FLUSHED)) {
                int reasons = platform.waitForInterrupt(options.line(), nanos);
                interrupts += reasons != 0 ? 1 : 0;
                interrupted(reasons);
            }
            ports.disarm();
        } catch (VirtqueueException garbage) {
            throw fail(garbage);
        }
    }

    /**
     * Looks after an interrupt that somebody else has waited for: the device may be broken.
     *
     * @param reasons as {@link Platform#waitForInterrupt} returned them
     */
    public void interrupted(int reasons) throws DeviceException {
        boolean changed =
                reasons != 0 && (transport.takeInterrupt(reasons) & InterruptStatus.CONFIGURATION_CHANGE) != 0;
        if (changed && (transport.status() & DeviceStatus.DEVICE_NEEDS_RESET) != 0) {
            failure = "asks for a reset";
            checkAlive();
        }
    }

    // Emergency, failure and end.

    /**
     * Writes one character to port 0 without any queue.
     *
     * @throws IllegalStateException unless EMERG_WRITE was negotiated
     */
    public void emergencyWrite(int character) throws DeviceException {
        if (!features.has(ConsoleFeatures.EMERG_WRITE)) {
            throw new IllegalStateException(transport.name() + " has no emergency write");
        }
        transport.writeConfig(ConsoleConfig.EMERG_WR, 4, character & 0xff);
        // Writes may be posted, and this one is wanted now.
        if (transport.status() == 0) {
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
     * Resets the device and starts it again; its ports are announced anew. Output that the device had not finished and input
     * that was not read are lost. If the device was lost, this waits for it, as often as it is lost again meanwhile.
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
            if (!now.equals(features) || maxPorts() < ports.size() || !ports.reset()) {
                throw DeviceInitialization.giveUp(transport, "came back from a reset with other properties");
            }
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
