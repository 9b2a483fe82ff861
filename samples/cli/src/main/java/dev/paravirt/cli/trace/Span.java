// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.trace;

/**
 * Something that took some time.
 *
 * @param level who did it
 * @param kind what it was
 * @param what more about it: for an exit, its number and address
 * @param start in nanoseconds, by the clock of all levels
 * @param end when it was over
 */
record Span(Level level, Kind kind, long what, long address, long start, long end) {
    /** What happens on the way of a request. */
    enum Kind {
        /** A program asks its kernel. */
        SYSTEM_CALL,
        /** The guest stops until the hypervisor has handled an access. */
        EXIT,
        /** The hypervisor handles one. */
        HANDLING,
        /** The guest calls the hypervisor. */
        HYPERCALL,
        /** The guest tells the hypervisor to look at a ring, and goes on. */
        DOORBELL,
        /** The guest waits for an interrupt. */
        WAIT,
        /** A device moves data between its disk and guest memory, or a buffer of its own. */
        DISK
    }

    long nanos() {
        return end - start;
    }
}
