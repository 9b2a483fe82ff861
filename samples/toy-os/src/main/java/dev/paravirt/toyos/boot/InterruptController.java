// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.AdaptiveSpin;
import dev.paravirt.spec.InterruptStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * Waits for all devices at once, on the one interrupt line that they share. The drivers' platform, too: an interrupt that a
 * driver waits for by itself, as it does at its start, may mean another driver as well.
 */
final class InterruptController implements Platform {
    static final int LINE = 0;

    /** A request that is lost raises no interrupt: the drivers look after such now and then. */
    private static final long LONGEST_SLEEP_NANOS = 1_000_000_000;

    /** About what it costs both sides that we sleep and are woken, a few times over. */
    private static final long LONGEST_SPIN_NANOS = 50_000;

    private final Platform machine;
    private final List<InterruptSource> sources = new ArrayList<>();
    private final AdaptiveSpin spin = new AdaptiveSpin(LONGEST_SPIN_NANOS);
    private final boolean looksAtLine;
    private boolean configurationChanged;

    /**
     * @param looksAtLine whether only the line says that a device has something; a ring says so itself
     */
    InterruptController(Platform machine, boolean looksAtLine) {
        this.machine = machine;
        this.looksAtLine = looksAtLine;
    }

    void add(InterruptSource source) {
        sources.add(source);
    }

    /** Handles what devices have finished. Does not wait. */
    boolean poll() {
        int reasons = looksAtLine ? machine.waitForInterrupt(LINE, 0) : 0;
        boolean any = false;
        for (InterruptSource source : sources) {
            if (reasons != 0) {
                source.interrupted(reasons);
            }
            any |= source.poll();
        }
        return any;
    }

    /**
     * Waits until a device has finished something or time is over; may return early.
     *
     * @param nanos {@link Long#MAX_VALUE} for no limit
     */
    void await(long nanos) {
        if (poll()) {
            return;
        }
        long start = machine.nanoTime();
        boolean busy = busy();
        if (!busy || !spin(start, Math.min(nanos, spin.nanos()))) {
            long left = nanos == Long.MAX_VALUE ? nanos : Math.max(0, nanos - (machine.nanoTime() - start));
            sleep(busy ? Math.min(left, LONGEST_SLEEP_NANOS) : left);
        }
        if (busy) {
            spin.waited(machine.nanoTime() - start);
        }
    }

    /** Looks at the rings for a while, before arming interrupts. */
    private boolean spin(long start, long limit) {
        boolean found = false;
        while (!found && machine.nanoTime() - start < limit) {
            machine.relax();
            found = poll();
        }
        return found;
    }

    /** Arms all devices, waits once, disarms them. */
    private void sleep(long nanos) {
        boolean safe = true;
        for (InterruptSource source : sources) {
            safe &= source.enableInterrupt();
        }
        int reasons = 0;
        if (safe) {
            reasons = waitForInterrupt(LINE, nanos == Long.MAX_VALUE ? -1 : nanos);
        }
        if (configurationChanged) {
            reasons |= InterruptStatus.CONFIGURATION_CHANGE;
            configurationChanged = false;
        }
        for (InterruptSource source : sources) {
            source.interrupted(reasons);
        }
    }

    private boolean busy() {
        for (InterruptSource source : sources) {
            if (source.busy()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public DmaBuffer allocate(int bytes, int alignment) {
        return machine.allocate(bytes, alignment);
    }

    @Override
    public long nanoTime() {
        return machine.nanoTime();
    }

    @Override
    public int waitForInterrupt(int line, long timeoutNanos) {
        int reasons = machine.waitForInterrupt(line, timeoutNanos);
        configurationChanged |= (reasons & InterruptStatus.CONFIGURATION_CHANGE) != 0;
        return reasons;
    }

    @Override
    public void relax() {
        machine.relax();
    }
}
