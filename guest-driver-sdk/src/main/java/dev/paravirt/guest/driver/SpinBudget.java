// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

/** How long it pays to look before going to sleep: as long as it lately would have. */
final class SpinBudget {
    private static final int SHARES = 16;

    private final long most;
    private long nanos;

    SpinBudget(long most) {
        this.most = most;
        this.nanos = most;
    }

    long nanos() {
        return nanos;
    }

    /** Learns from a wait of this length, spinning and sleeping together. */
    void waited(long length) {
        if (length <= most) {
            nanos = Math.min(most, nanos + most / SHARES);
        } else {
            nanos = Math.max(0, nanos - most / SHARES);
        }
    }
}
