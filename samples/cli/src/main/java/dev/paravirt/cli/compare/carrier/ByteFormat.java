// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

/**
 * What guests and their {@link BytePeer} say to each other: values below {@link #VALUES} are data, others say what is to be
 * done with those that follow.
 */
public final class ByteFormat {
    /** A prime, so that a byte that is lost or comes twice shows wherever buffers end. */
    public static final int VALUES = 251;

    /** Data that follows is to be counted and dropped. Each is the one before plus 1, modulo VALUES, from 0 on. */
    public static final int TAKE = 252;

    /** Each byte that follows is to be answered with the next value, as a typist who sees what she typed types on. */
    public static final int TYPE = 253;

    /** Asks how many bytes came since {@link #TAKE} that were what they had to be: eight bytes, little-endian. */
    public static final int REPORT = 254;

    private ByteFormat() {}
}
