// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

/** What became of something that a driver asked of a {@link DeviceSession}. Unless it was done, nothing changed. */
public enum Outcome {
    DONE,
    /** An argument is out of range or contradicts another. */
    INVALID_ARGUMENT,
    /** Not valid in the present state of the device or queue. */
    BAD_STATE,
    /** A guest-physical address, or the length from it, is outside of guest memory. */
    BAD_ADDRESS
}
