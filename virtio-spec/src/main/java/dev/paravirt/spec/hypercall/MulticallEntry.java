// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.hypercall;

/** One call of a {@link Hypercall#MULTICALL}. Byte offsets; fields are little-endian; aligned to 8 bytes. */
public final class MulticallEntry {
    /** le64, number of the call. */
    public static final int NUMBER = 0;

    /** le64 for each of four arguments. */
    public static final int ARGUMENTS = 8;

    /** s64, written by the hypervisor for each entry that ran. */
    public static final int RESULT = 40;

    public static final int SIZE = 48;

    private MulticallEntry() {}
}
