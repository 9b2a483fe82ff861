// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import dev.paravirt.benchmarks.process.Conditions;

/**
 * What is to be moved, and how.
 *
 * @param packed packed rings, or split ones
 * @param receive whether the driver receives, or sends
 */
record Flow(Conditions conditions, boolean packed, boolean receive) {
    @Override
    public String toString() {
        return (receive ? "device to driver, " : "driver to device, ") + (packed ? "packed" : "split");
    }
}
