// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import java.io.IOException;

/** What serves one guest process: its devices, and the answers to its hypercalls. */
public interface GuestMachine extends AutoCloseable {
    /** Makes the machine of each guest that connects. */
    @FunctionalInterface
    interface Factory {
        /**
         * Starts a machine. Called on the server's thread; the guest is greeted afterwards.
         *
         * @param guest what the machine shares with the guest, valid until the machine has been closed
         * @throws IOException if the machine cannot be made; the guest is then turned away, and the next one is tried
         */
        GuestMachine start(SharedGuest guest) throws IOException;
    }

    /**
     * Answers a hypercall. Called on the server's thread, one call at a time; it does not wait for anything that the
     * guest might do. {@link dev.paravirt.spec.hypercall.Hypercall#WAIT} never arrives here: the guest waits for its
     * lines by itself.
     *
     * @param number as the guest gave it, like the arguments
     * @return zero or more, or a {@link dev.paravirt.spec.hypercall.HypercallError}
     */
    long hypercall(int number, long a0, long a1, long a2, long a3);

    /** The guest is gone. When this returns nothing uses the {@link SharedGuest} any more. */
    @Override
    void close();
}
