// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.trace;

import java.util.Locale;

/** A privilege level: the further below, the more it may. */
enum Level {
    /** Ring 3; EL0. */
    PROGRAM,
    /** Of the guest: ring 0; EL1. */
    KERNEL,
    /** Below ring 0; EL2. */
    HYPERVISOR;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
