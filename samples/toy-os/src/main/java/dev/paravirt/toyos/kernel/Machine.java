// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

/** What the kernel needs of the virtual CPU and of the hypervisor's calls, beside devices. */
public interface Machine {
    /** Nanoseconds since some moment; never goes back. */
    long monotonicNanos();

    /** Milliseconds since 1970, UTC. */
    long epochMillis();

    /** Prints on the early console. */
    void print(byte[] text, int start, int length);

    /** Handles what devices have finished, without waiting. */
    void poll();

    /**
     * Halts the CPU until an interrupt comes or the time is over, and handles it. May return early.
     *
     * @param nanos {@link Long#MAX_VALUE} for no limit
     */
    void waitForInterrupt(long nanos);

    /** Ends the guest. Does not return on a real machine. */
    void powerOff(int exitCode);
}
