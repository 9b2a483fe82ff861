// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.backend.transport.trap.InterruptOutput;

/** The interrupt pin of a device under test. */
final class Pin implements InterruptOutput {
    boolean asserted;
    int edges;

    @Override
    public void set(boolean level) {
        edges += level && !asserted ? 1 : 0;
        asserted = level;
    }
}
