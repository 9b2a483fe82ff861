// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

import dev.paravirt.backend.transport.hypercall.InterruptLines;

/**
 * An input of an interrupt controller that is triggered by edges, as those of an ISA bus are: it interrupts when the pin
 * goes up. A driver looks at its device until the pin is down, or hears nothing any more.
 */
final class EdgeTriggeredInput implements InterruptOutput {
    private static final int REASON = 1;

    private final InterruptLines lines;
    private final int line;
    private boolean level;

    EdgeTriggeredInput(InterruptLines lines, int line) {
        this.lines = lines;
        this.line = line;
    }

    @Override
    public synchronized void set(boolean asserted) {
        boolean rises = asserted && !level;
        level = asserted;
        if (rises) {
            lines.raise(line, REASON);
        }
    }
}
