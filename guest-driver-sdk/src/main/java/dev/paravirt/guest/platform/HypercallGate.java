// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.platform;

/** The way into a hypervisor that speaks the hypercalls of HYPERCALLS.md. */
public interface HypercallGate {
    /**
     * Makes a hypercall. Everything written to guest memory before is visible to the hypervisor, and everything that it
     * wrote meanwhile is visible afterwards.
     *
     * @param number one of {@link dev.paravirt.spec.hypercall.Hypercall}, but neither WAIT nor NOTIFY, which go their
     *     own ways: {@link Platform#waitForInterrupt} and {@link #notify(int, int)}
     * @return zero or more, or a {@link dev.paravirt.spec.hypercall.HypercallError}
     */
    long call(int number, long a0, long a1, long a2, long a3);

    /**
     * Sends an available buffer notification. On the path of every request: allocates nothing.
     *
     * @param doorbell as QUEUE_SETUP returned it: any number from 0 on; one that does not exist does nothing
     * @param data notification data, see {@link dev.paravirt.spec.ring.NotificationData}
     */
    void notify(int doorbell, int data);
}
