// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.hypercall;

/**
 * The control memory that guest and hypervisor share in the two-process carrier, specified in {@code HYPERCALLS.md}
 * ("Two processes"). Byte offsets; fields are in little-endian order; all words are naturally aligned.
 *
 * <p>Items are 128 bytes apart: a pair of cache lines, because processors prefetch lines in pairs.
 */
public final class ControlLayout {
    /** u32, {@link #CALL_IDLE}, {@link #CALL_REQUESTED} or {@link #CALL_DONE}. */
    public static final int CALL_STATE = 0;

    /** u32, number of the call. */
    public static final int CALL_NUMBER = 4;

    /** u64 for each of four arguments. */
    public static final int CALL_ARGUMENTS = 8;

    /** s64. */
    public static final int CALL_RESULT = 40;

    /** u32, 1 while the guest sleeps, or is about to, on the reply signal. */
    public static final int CALLER_SLEEPING = 128;

    /** u32, 1 while the hypervisor sleeps, or is about to, on the call signal. */
    public static final int SERVER_SLEEPING = 256;

    /** Where the doorbells begin. */
    public static final int DOORBELLS = 384;

    /** From one doorbell to the next. A doorbell is one u32: the latest notification data. */
    public static final int DOORBELL_STRIDE = 128;

    /** From one interrupt line to the next. */
    public static final int LINE_STRIDE = 256;

    /** u32 within a line: reason bits that the guest has not taken yet. */
    public static final int LINE_REASON = 0;

    /** u32 within a line: 1 while the guest sleeps, or is about to, on the line's signal. */
    public static final int LINE_SLEEPING = 128;

    /** No call has been made yet. */
    public static final int CALL_IDLE = 0;

    /** Written by the guest: number and arguments are there. */
    public static final int CALL_REQUESTED = 1;

    /** Written by the hypervisor: the result is there. */
    public static final int CALL_DONE = 2;

    private static final int PAGE = 4096;

    private ControlLayout() {}

    /** Offset of a doorbell's notification data. */
    public static int doorbell(int doorbell) {
        return DOORBELLS + doorbell * DOORBELL_STRIDE;
    }

    /** Offset of a line's reason word, given how many doorbells stand before the lines. */
    public static int lineReason(int doorbellCount, int line) {
        return doorbell(doorbellCount) + line * LINE_STRIDE + LINE_REASON;
    }

    /** Offset of a line's sleeping flag. */
    public static int lineSleeping(int doorbellCount, int line) {
        return doorbell(doorbellCount) + line * LINE_STRIDE + LINE_SLEEPING;
    }

    /** Size of the control memory: whole pages of 4096 bytes. */
    public static int size(int doorbellCount, int lineCount) {
        return (doorbell(doorbellCount) + lineCount * LINE_STRIDE + PAGE - 1) & -PAGE;
    }
}
