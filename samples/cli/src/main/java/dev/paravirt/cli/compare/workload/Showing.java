// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

/** How a guest shows requests to a device. */
enum Showing {
    /** All that there are at once; it notifies the device if that asks for it. */
    BATCHES,
    /** Each by itself; it notifies the device if that asks for it. */
    SINGLY,
    /** Each by itself, with a notification whether the device asks for it or not. */
    SINGLY_NOTIFIED
}
