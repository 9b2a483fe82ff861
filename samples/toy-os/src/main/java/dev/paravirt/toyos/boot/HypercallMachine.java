// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.spec.hypercall.Hypercall;

/** The machine as the kernel sees it, made of hypercalls and interrupts. */
final class HypercallMachine extends ClockedMachine {
    private final Hypercalls hypercalls;

    HypercallMachine(Hypercalls hypercalls, InterruptController interrupts) throws DeviceException {
        super(interrupts, hypercalls.clock(Hypercall.CLOCK_REALTIME));
        this.hypercalls = hypercalls;
    }

    @Override
    public void print(byte[] text, int start, int length) {
        hypercalls.print(text, start, length);
    }

    @Override
    public void powerOff(int exitCode) {
        try {
            hypercalls.powerOff(exitCode);
        } catch (DeviceException refused) {
            throw new IllegalStateException(refused);
        }
    }
}
