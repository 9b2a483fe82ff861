// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

/** What contenders are called in tables. */
public final class ContenderNames {
    public static final String TRAPPED = "trapped";
    public static final String TRAPPED_WORDS = "trapped, by words";
    public static final String TRAPPED_STRINGS = "trapped, by strings";
    public static final String MMIO = "mmio, interrupts";
    public static final String HYPERCALL = "hypercall, interrupts";
    public static final String HYPERCALL_POLLING = "hypercall, polling";

    /** Shows each request to the device by itself, which is notified if it asks for that. */
    public static final String HYPERCALL_SINGLY = "hypercall, one by one";

    /** Shows each request to the device by itself, and notifies it whether it asks for that or not. */
    public static final String HYPERCALL_NOTIFIED = "hypercall, all notified";

    private ContenderNames() {}
}
