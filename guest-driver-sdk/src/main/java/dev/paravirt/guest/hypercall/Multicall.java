// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.hypercall;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.HypercallGate;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.hypercall.Hypercall;
import dev.paravirt.spec.hypercall.HypercallError;
import dev.paravirt.spec.hypercall.MulticallEntry;

/**
 * Several hypercalls made as one: {@link #add} them, {@link #run} them in order, read their results. Made once, used
 * again and again; for one thread at a time.
 */
public final class Multicall {
    private final HypercallGate gate;
    private final DmaBuffer entries;
    private final int capacity;
    private int count;

    /** @param capacity the most calls at once, 1 to 256 */
    public Multicall(HypercallGate gate, Platform platform, int capacity) {
        if (capacity < 1 || capacity > Hypercall.MAX_MULTICALL) {
            throw new IllegalArgumentException("1 to " + Hypercall.MAX_MULTICALL + " calls, not " + capacity);
        }
        this.gate = gate;
        this.capacity = capacity;
        this.entries = platform.allocate(capacity * MulticallEntry.SIZE, Long.BYTES);
    }

    /** How many calls were added since the last run. */
    public int count() {
        return count;
    }

    /** Whether no more calls can be added. */
    public boolean isFull() {
        return count == capacity;
    }

    /**
     * Appends a call.
     *
     * @return its index, for {@link #result}
     * @throws IllegalStateException if it is full
     */
    public int add(int number, long a0, long a1, long a2, long a3) {
        if (count == capacity) {
            throw new IllegalStateException("a multicall of " + capacity + " calls is full");
        }
        int entry = count * MulticallEntry.SIZE;
        entries.putLong(entry + MulticallEntry.NUMBER, number);
        entries.putLong(entry + MulticallEntry.ARGUMENTS, a0);
        entries.putLong(entry + MulticallEntry.ARGUMENTS + 8, a1);
        entries.putLong(entry + MulticallEntry.ARGUMENTS + 16, a2);
        entries.putLong(entry + MulticallEntry.ARGUMENTS + 24, a3);
        return count++;
    }

    /**
     * Makes the calls and empties the list; the results stay until the next {@link #add}. Behind a call that fails none
     * is made.
     *
     * @param forWhom what the calls are for, in words
     * @throws DeviceException if one fails
     */
    public void run(String forWhom) throws DeviceException {
        int made = count;
        count = 0;
        if (made == 0) {
            return;
        }
        long succeeded = gate.call(Hypercall.MULTICALL, entries.address(), made, 0, 0);
        if (succeeded == made) {
            return;
        }
        if (succeeded < 0 || succeeded > made) {
            throw new DeviceException(
                    "hypercall MULTICALL for " + forWhom + " failed: " + HypercallError.describe(succeeded));
        }
        int entry = (int) succeeded * MulticallEntry.SIZE;
        int number = (int) entries.getLong(entry + MulticallEntry.NUMBER);
        throw new DeviceException("hypercall " + Hypercall.name(number) + " for " + forWhom + " failed: "
                + HypercallError.describe(entries.getLong(entry + MulticallEntry.RESULT)));
    }

    /** Forgets the calls that were added. */
    public void clear() {
        count = 0;
    }

    /** The result of a call of the last run, as the hypervisor wrote it. */
    public long result(int index) {
        return entries.getLong(index * MulticallEntry.SIZE + MulticallEntry.RESULT);
    }
}
