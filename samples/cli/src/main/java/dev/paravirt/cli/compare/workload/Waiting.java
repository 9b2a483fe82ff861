// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

/** How a guest learns that a device is done. */
enum Waiting {
    /** It sleeps until the device interrupts. */
    INTERRUPTS,
    /** It looks at the ring until there is something in it. */
    POLLING
}
