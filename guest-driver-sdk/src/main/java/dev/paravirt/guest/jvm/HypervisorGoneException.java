// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm;

import java.io.Serial;

/** The hypervisor process ended while its guest lived. The guest's memory stays; nobody answers any more. */
public final class HypervisorGoneException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1;

    HypervisorGoneException(String duringWhat) {
        super("the hypervisor process ended during " + duringWhat);
    }
}
