// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

/** Hears of each exit on the hypervisor's thread. It must not wait, and has no say. */
public interface ExitObserver {
    /** Hears nothing. */
    ExitObserver NONE = new ExitObserver() {
        @Override
        public void begins() {}

        @Override
        public void ends() {}
    };

    /** The hypervisor has an exit before it. */
    void begins();

    /** It is handled; the guest goes on. */
    void ends();
}
