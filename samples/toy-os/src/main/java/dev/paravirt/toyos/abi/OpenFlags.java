// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.abi;

/** How a file is opened. */
public final class OpenFlags {
    /** Make the file if it is not there. */
    public static final int CREATE = 1;
    /** Empty the file. */
    public static final int TRUNCATE = 2;
    /** Each WRITE goes to the end. */
    public static final int APPEND = 4;

    private OpenFlags() {}
}
