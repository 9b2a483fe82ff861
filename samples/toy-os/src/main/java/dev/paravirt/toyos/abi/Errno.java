// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.abi;

/** Why a system call failed; negated, it is the call's result. */
public enum Errno {
    NOT_FOUND(2),
    IO_ERROR(5),
    BAD_DESCRIPTOR(9),
    NO_CHILD(10),
    WOULD_BLOCK(11),
    BAD_ADDRESS(14),
    BUSY(16),
    ALREADY_EXISTS(17),
    NO_DEVICE(19),
    NOT_A_DIRECTORY(20),
    IS_A_DIRECTORY(21),
    INVALID_ARGUMENT(22),
    TOO_MANY_FILES(24),
    TOO_LARGE(27),
    NO_SPACE(28),
    READ_ONLY(30),
    NO_SUCH_CALL(38),
    NOT_EMPTY(39),
    MESSAGE_TOO_LONG(90),
    ADDRESS_IN_USE(98),
    UNREACHABLE(101),
    CONNECTION_RESET(104),
    NOT_CONNECTED(107),
    TIMED_OUT(110),
    CONNECTION_REFUSED(111),
    CORRUPT(117),
    NO_SUCH_HOST(200);

    private final int number;

    Errno(int number) {
        this.number = number;
    }

    public long result() {
        return -number;
    }

    /** What a failed call's result means. */
    public static Errno of(long result) {
        for (Errno errno : values()) {
            if (errno.result() == result) {
                return errno;
            }
        }
        return IO_ERROR;
    }
}
