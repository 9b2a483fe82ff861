// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

/** The interrupt lines of a guest in another process. */
record SharedLines(SharedGuest guest) implements InterruptLines {
    @Override
    public int count() {
        return guest.shape().lines();
    }

    @Override
    public void raise(int line, int reasons) {
        guest.raise(line, reasons);
    }
}
