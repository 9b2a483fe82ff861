// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.transport;

/**
 * What became of whatever serves a device, since the device was last reset. One that is lost has taken along all that it
 * knew of the device: only a reset helps, and that it takes one says nothing against the device.
 */
public enum Loss {
    /** It is there, or is replaced by one that goes on where it ended. */
    NONE,

    /** It is lost, and a reset waits for another one. */
    LASTING,

    /** It is lost, and a reset does not wait: another one is there, or there will be none. */
    OVER
}
