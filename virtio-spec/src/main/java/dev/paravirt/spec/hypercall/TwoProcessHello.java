// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.hypercall;

/**
 * The one message with which a hypervisor greets a guest in the two-process carrier, specified in {@code HYPERCALLS.md}
 * ("Two processes"). Byte offsets; fields are little-endian.
 *
 * <p>File descriptors come with it in this order: control memory, one for each region, call signal, reply signal, one
 * signal for each doorbell, one for each line. A signal is an eventfd or a pipe's read end: readable while signalled.
 */
public final class TwoProcessHello {
    /** The value of the field at {@link #MAGIC_FIELD}: the bytes "PARAVIRT". */
    public static final long MAGIC = 0x5452_4956_4152_4150L;

    /** le64, {@link #MAGIC}. */
    public static final int MAGIC_FIELD = 0;

    /** le32, as {@link Hypercall#version} makes it. */
    public static final int VERSION = 8;

    /** le32, 1 to {@link #MAX_REGIONS}. */
    public static final int REGION_COUNT = 12;

    /** le32. */
    public static final int DOORBELL_COUNT = 16;

    /** le32. */
    public static final int LINE_COUNT = 20;

    /** le64, bytes: at least {@link ControlLayout#size}. */
    public static final int CONTROL_SIZE = 24;

    /** Where the region table begins. */
    public static final int REGIONS = 32;

    /** Size of one entry of the region table. */
    public static final int REGION_SIZE = 16;

    /** le64 within a region: guest-physical address of its first byte. */
    public static final int REGION_GPA = 0;

    /** le64 within a region: bytes, all of its memfd. */
    public static final int REGION_LENGTH = 8;

    /** The most regions. */
    public static final int MAX_REGIONS = 16;

    /** The most file descriptors that Linux passes with one message (SCM_MAX_FD). */
    public static final int MAX_DESCRIPTORS = 253;

    private TwoProcessHello() {}

    /** Size of the message. */
    public static int size(int regionCount) {
        return REGIONS + regionCount * REGION_SIZE;
    }

    /** Offset of a region's entry. */
    public static int region(int index) {
        return REGIONS + index * REGION_SIZE;
    }

    /** How many file descriptors come with the message; at most {@link #MAX_DESCRIPTORS}. */
    public static int descriptorCount(int regionCount, int doorbellCount, int lineCount) {
        return 3 + regionCount + doorbellCount + lineCount;
    }

    /** Which of the descriptors is a region's memfd; the control memfd is number 0. */
    public static int regionDescriptor(int region) {
        return 1 + region;
    }

    /** Which of the descriptors is the call signal. */
    public static int callDescriptor(int regionCount) {
        return 1 + regionCount;
    }

    /** Which of the descriptors is the reply signal. */
    public static int replyDescriptor(int regionCount) {
        return 2 + regionCount;
    }

    /** Which of the descriptors is a doorbell's signal. */
    public static int doorbellDescriptor(int regionCount, int doorbell) {
        return 3 + regionCount + doorbell;
    }

    /** Which of the descriptors is a line's signal. */
    public static int lineDescriptor(int regionCount, int doorbellCount, int line) {
        return 3 + regionCount + doorbellCount + line;
    }
}
