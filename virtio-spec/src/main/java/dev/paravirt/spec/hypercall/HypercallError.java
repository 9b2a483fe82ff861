// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.hypercall;

/** Negative results of a hypercall. A failed call changed nothing, unless its own description says otherwise. */
public final class HypercallError {
    /** There is no such call, or it was made where it cannot be made. */
    public static final int NOT_SUPPORTED = -1;

    /** An argument is out of range or contradicts another. */
    public static final int INVALID_ARGUMENT = -2;

    /** There is no device of this number. */
    public static final int NO_DEVICE = -3;

    /** A guest-physical address, or the length from it, is outside the memory that the hypervisor may access. */
    public static final int BAD_ADDRESS = -4;

    /** The call is not valid in the present state of the device or queue. */
    public static final int BAD_STATE = -5;

    private HypercallError() {}

    /**
     * The words for a result in a message to a person.
     *
     * @param result any result of a call, also one that a hypervisor made up
     */
    public static String describe(long result) {
        if (result >= 0) {
            return "success (" + result + ")";
        }
        if (result == NOT_SUPPORTED) {
            return "not supported";
        }
        if (result == INVALID_ARGUMENT) {
            return "invalid argument";
        }
        if (result == NO_DEVICE) {
            return "no such device";
        }
        if (result == BAD_ADDRESS) {
            return "address outside guest memory";
        }
        if (result == BAD_STATE) {
            return "not valid in the state of the device or queue";
        }
        return "error " + result;
    }
}
