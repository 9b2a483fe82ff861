// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.hypercall;

/**
 * Numbers of the paravirt hypercalls, specified in {@code HYPERCALLS.md} of this module.
 *
 * <p>A call is a number (u32) and up to four arguments (u64); its result is a signed 64-bit number, where a negative one
 * is a {@link HypercallError}. Arguments beyond those named are ignored. 0 is no call, so that zeroed memory calls
 * nothing.
 */
public final class Hypercall {
    /** The major version that this class describes. Another major version means another ABI. */
    public static final int MAJOR = 1;

    /** The minor version that this class describes. A higher one only adds calls. */
    public static final int MINOR = 0;

    /** {@code VERSION()}: major in bits 16 to 31, minor in bits 0 to 15. */
    public static final int VERSION = 1;

    /** {@code DEVICE_COUNT()}: devices are numbered from 0. */
    public static final int DEVICE_COUNT = 2;

    /** {@code LINE_COUNT()}: interrupt lines are numbered from 0. */
    public static final int LINE_COUNT = 3;

    /** {@code DEVICE_INFO(device, gpa)}: writes a {@link DeviceInfo}; returns 0. */
    public static final int DEVICE_INFO = 4;

    /** {@code GET_STATUS(device)}: the device status. */
    public static final int GET_STATUS = 5;

    /** {@code SET_STATUS(device, status)}: 0 resets; returns the device status as read afterwards. */
    public static final int SET_STATUS = 6;

    /** {@code NEGOTIATE(device, low, high)}: driver features, then FEATURES_OK; returns the status afterwards. */
    public static final int NEGOTIATE = 7;

    /** {@code CONFIG_READ(device, offset, length, gpa)}: one consistent copy; returns the config generation. */
    public static final int CONFIG_READ = 8;

    /** {@code CONFIG_WRITE(device, offset, length, gpa)}: returns 0. */
    public static final int CONFIG_WRITE = 9;

    /** {@code CONFIG_LINE(device, line)}: where configuration changes are signalled; returns 0. */
    public static final int CONFIG_LINE = 10;

    /** {@code QUEUE_MAX_SIZE(device, queue)}: in descriptors; 0 if there is no such queue. */
    public static final int QUEUE_MAX_SIZE = 11;

    /** {@code QUEUE_SETUP(device, gpa)}: reads a {@link QueueSetup}, enables the queue; returns its doorbell. */
    public static final int QUEUE_SETUP = 12;

    /** {@code QUEUE_RESET(device, queue)}: 0 when reset, 1 while that goes on: call again. */
    public static final int QUEUE_RESET = 13;

    /** {@code NOTIFY(doorbell, data)}: an available buffer notification; returns 0. */
    public static final int NOTIFY = 14;

    /** {@code WAIT(line, timeout)}: nanoseconds; takes and returns the reasons, 0 when time ran out. */
    public static final int WAIT = 15;

    /** {@code MULTICALL(gpa, count)}: runs {@link MulticallEntry}s until one fails; returns how many succeeded. */
    public static final int MULTICALL = 16;

    /** {@code CONSOLE_PRINT(gpa, length)}: early output; returns the number of bytes printed. */
    public static final int CONSOLE_PRINT = 17;

    /** {@code CLOCK(which)}: nanoseconds of {@link #CLOCK_MONOTONIC} or {@link #CLOCK_REALTIME}. */
    public static final int CLOCK = 18;

    /** {@code POWER_OFF(exit code)}: ends the guest; the last call that it makes. */
    public static final int POWER_OFF = 19;

    /** For {@link #CLOCK}: from an arbitrary start, never going back. */
    public static final int CLOCK_MONOTONIC = 0;

    /** For {@link #CLOCK}: since 1970-01-01T00:00:00Z. */
    public static final int CLOCK_REALTIME = 1;

    /** For {@link #WAIT}: no time limit. */
    public static final long WAIT_FOREVER = -1L;

    /** An interrupt line that is none: the driver polls. As u32 {@code 0xffffffff}. */
    public static final int NO_LINE = -1;

    /** The most entries of one {@link #MULTICALL}. */
    public static final int MAX_MULTICALL = 256;

    /** The most bytes of one {@link #CONSOLE_PRINT}. */
    public static final int MAX_CONSOLE_PRINT = 4096;

    /** The most bytes of one {@link #CONFIG_READ} or {@link #CONFIG_WRITE}. */
    public static final int MAX_CONFIG_ACCESS = 4096;

    private Hypercall() {}

    /** The result of {@link #VERSION} for a version. */
    public static int version(int major, int minor) {
        return (major << 16) | (minor & 0xffff);
    }

    /**
     * The name of a call, for messages.
     *
     * @param number any value, also one that a guest made up
     */
    public static String name(int number) {
        return switch (number) {
            case VERSION -> "VERSION";
            case DEVICE_COUNT -> "DEVICE_COUNT";
            case LINE_COUNT -> "LINE_COUNT";
            case DEVICE_INFO -> "DEVICE_INFO";
            case GET_STATUS -> "GET_STATUS";
            case SET_STATUS -> "SET_STATUS";
            case NEGOTIATE -> "NEGOTIATE";
            case CONFIG_READ -> "CONFIG_READ";
            case CONFIG_WRITE -> "CONFIG_WRITE";
            case CONFIG_LINE -> "CONFIG_LINE";
            case QUEUE_MAX_SIZE -> "QUEUE_MAX_SIZE";
            case QUEUE_SETUP -> "QUEUE_SETUP";
            case QUEUE_RESET -> "QUEUE_RESET";
            case NOTIFY -> "NOTIFY";
            case WAIT -> "WAIT";
            case MULTICALL -> "MULTICALL";
            case CONSOLE_PRINT -> "CONSOLE_PRINT";
            case CLOCK -> "CLOCK";
            case POWER_OFF -> "POWER_OFF";
            default -> "hypercall " + Integer.toUnsignedString(number);
        };
    }
}
