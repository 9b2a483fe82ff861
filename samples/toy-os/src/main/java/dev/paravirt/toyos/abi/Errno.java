// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.abi;

/** Why a system call failed; negated, it is the call's result. */
public enum Errno {
    NOT_PERMITTED(1, "not permitted"),
    NOT_FOUND(2, "no such file"),
    NO_PROCESS(3, "no such process"),
    INTERRUPTED(4, "interrupted"),
    IO_ERROR(5, "the device failed"),
    BAD_DESCRIPTOR(9, "not open"),
    NO_CHILD(10, "no such child"),
    NOT_YET(11, "not yet"),
    BAD_ADDRESS(14, "bad address"),
    BUSY(16, "in use"),
    ALREADY_EXISTS(17, "exists already"),
    NO_DEVICE(19, "this machine has no such device"),
    NOT_A_DIRECTORY(20, "not a directory"),
    IS_A_DIRECTORY(21, "is a directory"),
    INVALID_ARGUMENT(22, "cannot be done"),
    TOO_MANY_FILES(24, "too many open files"),
    NOT_A_TERMINAL(25, "not a terminal"),
    TOO_LARGE(27, "too large"),
    NO_SPACE(28, "no space left"),
    READ_ONLY(30, "cannot be written"),
    BROKEN_PIPE(32, "nobody reads it"),
    NO_SUCH_CALL(38, "no such system call"),
    NOT_EMPTY(39, "directory is not empty"),
    MESSAGE_TOO_LONG(90, "too long for one message"),
    ADDRESS_IN_USE(98, "the port is in use"),
    UNREACHABLE(101, "cannot be reached"),
    CONNECTION_RESET(104, "the peer reset the connection"),
    NOT_CONNECTED(107, "the connection is closed"),
    TIMED_OUT(110, "no answer in time"),
    CONNECTION_REFUSED(111, "connection refused"),
    CORRUPT(117, "the file system is damaged"),
    NO_SUCH_HOST(200, "no such host");

    private final int number;
    private final String text;

    Errno(int number, String text) {
        this.number = number;
        this.text = text;
    }

    /** For people. */
    public String text() {
        return text;
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
