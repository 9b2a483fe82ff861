// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm;

import dev.paravirt.guest.platform.HypercallGate;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.HypercallError;

/**
 * What drivers stand on where the guest is Java on a JVM: in a process of its own, or in the hypervisor's. Thread-safe,
 * as far as what it was made of is; one thread at a time waits for a line.
 */
public final class JvmPlatform implements Platform, HypercallGate {
    /** Makes a hypercall in the same process. */
    @FunctionalInterface
    public interface Call {
        /** As {@link HypercallGate#call}. */
        long call(int number, long a0, long a1, long a2, long a3);
    }

    /** Sends an available buffer notification in the same process. */
    @FunctionalInterface
    public interface Notification {
        /** As {@link HypercallGate#notify(int, int)}. */
        void notify(int doorbell, int data);
    }

    /** Waits for an interrupt line in the same process, by the system's clock unless it says otherwise. */
    @FunctionalInterface
    public interface Wait {
        /** As {@link Platform#waitForInterrupt}. */
        int waitFor(int line, long timeoutNanos);

        /** As {@link Platform#nanoTime}. */
        default long nanoTime() {
            return System.nanoTime();
        }

        /** As {@link Platform#relax}. */
        default void relax() {
            Thread.onSpinWait();
        }
    }

    private final GuestMemory memory;
    private final DmaAllocator allocator;
    private final Call calls;
    private final Notification notifications;
    private final Wait waits;

    /** For a guest process, in all of its memory. */
    public static JvmPlatform of(GuestProcess guest) {
        MemoryRegion[] regions = new MemoryRegion[guest.regionCount()];
        for (int region = 0; region < regions.length; region++) {
            regions[region] = new MemoryRegion(guest.regionAddress(region), guest.region(region));
        }
        Notification notification = (doorbell, data) -> {
            if (doorbell < guest.doorbellCount()) {
                guest.notify(doorbell, data);
            } else {
                // A hypervisor that hands out a doorbell which the guest has no word for can be told by call.
                guest.call(Hypercall.NOTIFY, doorbell, Integer.toUnsignedLong(data), 0, 0);
            }
        };
        return new JvmPlatform(new GuestMemory(regions), guest::call, notification, guest::await);
    }

    /** For a guest in the hypervisor's own process. */
    public static JvmPlatform of(GuestMemory memory, Call calls, Notification notifications, Wait waits) {
        return new JvmPlatform(memory, calls, notifications, waits);
    }

    /** For a guest in the hypervisor's own process that makes no hypercalls, but has registers. */
    public static JvmPlatform of(GuestMemory memory, Wait waits) {
        return new JvmPlatform(
                memory, (number, a0, a1, a2, a3) -> HypercallError.NOT_SUPPORTED, (doorbell, data) -> {}, waits);
    }

    private JvmPlatform(GuestMemory memory, Call calls, Notification notifications, Wait waits) {
        this.memory = memory;
        this.allocator = new DmaAllocator(memory);
        this.calls = calls;
        this.notifications = notifications;
        this.waits = waits;
    }

    /** The guest's memory, of which {@link #allocate} deals out. */
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public DmaBuffer allocate(int bytes, int alignment) {
        return allocator.allocate(bytes, alignment);
    }

    @Override
    public long nanoTime() {
        return waits.nanoTime();
    }

    @Override
    public int waitForInterrupt(int line, long timeoutNanos) {
        return waits.waitFor(line, timeoutNanos);
    }

    @Override
    public void relax() {
        waits.relax();
    }

    @Override
    public long call(int number, long a0, long a1, long a2, long a3) {
        return calls.call(number, a0, a1, a2, a3);
    }

    @Override
    public void notify(int doorbell, int data) {
        notifications.notify(doorbell, data);
    }
}
