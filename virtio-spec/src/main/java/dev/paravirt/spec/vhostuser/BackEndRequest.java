// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.vhostuser;

/** Requests of the back-end, on a channel of their own ("Back-end message types"). */
public final class BackEndRequest {
    public static final int IOTLB_MSG = 1;

    /** No payload: the configuration space changed. */
    public static final int CONFIG_CHANGE_MSG = 2;

    public static final int VRING_HOST_NOTIFIER_MSG = 3;

    /** Vring state, in place of a call descriptor. */
    public static final int VRING_CALL = 4;

    /** Vring state, in place of an err descriptor. */
    public static final int VRING_ERR = 5;

    private BackEndRequest() {}
}
