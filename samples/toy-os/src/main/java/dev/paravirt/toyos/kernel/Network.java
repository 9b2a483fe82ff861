// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.net.Configuration;
import dev.paravirt.toyos.net.NetworkException;
import dev.paravirt.toyos.net.NetworkStack;
import dev.paravirt.toyos.net.NetworkTask;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The network as the kernel runs it: with a task for what is due by the clock. */
public final class Network {
    /** What was written before the end still goes out, as long as its peers do not stay silent for this time, */
    private static final long SILENCE_NANOS = 5_000_000_000L;
    /** and in all within this. */
    private static final long LINGER_NANOS = 30_000_000_000L;

    private static final long LONGEST_WAIT = Long.MAX_VALUE / 4;

    private final NetworkStack stack;
    private final Scheduler scheduler;
    private final NetworkTask work;
    private @Nullable Task task;

    public Network(NetworkStack stack, Scheduler scheduler, Console log) {
        this.stack = stack;
        this.scheduler = scheduler;
        work = new NetworkTask(stack, scheduler::await, configuration -> log.line("kernel: network: " + configuration));
    }

    NetworkStack stack() {
        return stack;
    }

    /** The network that programs ask for; they learn if there is none. */
    static Network of(@Nullable Network network) throws SystemCallException {
        if (network == null) {
            throw new SystemCallException(Errno.NO_DEVICE);
        }
        return network;
    }

    /** Lets go what was sent. */
    void flush() {
        stack.flush();
    }

    /**
     * Waits until a condition holds, or the waiting task is told to stop.
     *
     * @param nanos at the longest; negative for ever
     * @return whether it holds
     */
    boolean await(BooleanSupplier condition, long nanos) {
        if (condition.getAsBoolean()) {
            return true;
        }
        long now = stack.now();
        // Whoever is waited for may wait for what we have sent.
        stack.flush();
        return scheduler.awaitUnlessStopped(
                condition, nanos < 0 || nanos > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + nanos);
    }

    /** An IPv4 address as a program gives it: 32 bits, with or without sign. */
    static int address(long given) throws SystemCallException {
        if (given != (int) given && given >>> Integer.SIZE != 0) {
            throw new SystemCallException(Errno.INVALID_ARGUMENT);
        }
        return (int) given;
    }

    /** How long a program is willing to wait: a negative number, or a very large one, for ever. */
    static long timeout(long given) {
        return given < 0 ? LONGEST_WAIT : Math.min(given, LONGEST_WAIT);
    }

    /**
     * Starts the task.
     *
     * @param fixed the addresses; null to ask for them by DHCP, beside all else
     */
    public void start(@Nullable Configuration fixed) throws NetworkException {
        if (fixed == null) {
            stack.startDhcp();
        } else {
            stack.configure(fixed);
        }
        task = scheduler.spawn("network", work::run);
    }

    /** Whether this is the network's own task, which ends with {@link #stop} only. */
    boolean runs(Task other) {
        return other == task;
    }

    /** Lets what is under way get through, ends what is still open, and the task. */
    void stop() {
        Task running = task;
        if (running == null) {
            return;
        }
        linger();
        stack.close();
        work.stop();
        scheduler.join(running);
        task = null;
    }

    private void linger() {
        long end = stack.now() + LINGER_NANOS;
        long before = -1;
        while (stack.isUnderWay() && before != stack.progress() && stack.now() < end) {
            long known = stack.progress();
            before = known;
            scheduler.await(
                    () -> !stack.isUnderWay() || stack.progress() != known, Math.min(end, stack.now() + SILENCE_NANOS));
        }
    }
}
