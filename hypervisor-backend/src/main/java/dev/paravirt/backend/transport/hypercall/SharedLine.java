// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.SharedWords;
import dev.paravirt.linux.SignalPipe;
import dev.paravirt.spec.hypercall.ControlLayout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An interrupt line to a guest in another process: reason bits in control memory, and a wake-up only for a guest that
 * sleeps. Thread-safe, without lock or allocation.
 */
final class SharedLine {
    private static final Logger LOG = LoggerFactory.getLogger(SharedLine.class);

    private final SharedWords control;
    private final SignalPipe wakeUp;
    private final int reasonOffset;
    private final int sleepingOffset;

    SharedLine(SharedWords control, SignalPipe wakeUp, int doorbells, int line) {
        this.control = control;
        this.wakeUp = wakeUp;
        this.reasonOffset = ControlLayout.lineReason(doorbells, line);
        this.sleepingOffset = ControlLayout.lineSleeping(doorbells, line);
    }

    /**
     * Adds reasons and wakes the guest if it sleeps. The guest takes them with an atomic swap, so none is lost; what
     * the guest scribbles over either word harms only the guest.
     */
    void raise(int reasons) {
        control.orInt(reasonOffset, reasons);
        // The guest sets its flag, fences, and looks at the reasons before it sleeps: one of us sees the other.
        SharedWords.fullFence();
        if (control.getInt(sleepingOffset) != 0) {
            try {
                wakeUp.signal();
            } catch (LinuxException failure) {
                LOG.warn("interrupt line cannot be signalled", failure);
            }
        }
    }
}
