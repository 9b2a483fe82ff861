// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

/**
 * What guests and their {@link FramePeer} send each other: Ethernet frames of a local experimental type. Each has a
 * sequence number at its beginning and at its end; those in one direction count from 0 since the last {@link #REPORT}.
 * Numbers are little-endian.
 */
public final class FrameFormat {
    /** Offset of the Ethernet type. */
    public static final int TYPE = 12;

    /** IEEE 802's "Local Experimental Ethertype 1". */
    public static final int EXPERIMENTAL = 0x88b5;

    /** Offset of what is asked for: one byte. */
    public static final int OPERATION = 14;

    /** Offset of the sequence number: eight bytes, and as many at the end of the frame. */
    public static final int SEQUENCE = 16;

    /** Offset of how many frames {@link #SUPPLY} asks for, or {@link #REPORT} tells of: four bytes. */
    public static final int COUNT = 24;

    /** Offset of the length of the frames that {@link #SUPPLY} asks for: four bytes. */
    public static final int LENGTH = 28;

    /** The shortest frame with all of this. */
    public static final int SHORTEST = 64;

    /** The longest without its check sequence. */
    public static final int LONGEST = 1514;

    /** To be counted and dropped. */
    public static final int TAKE = 1;

    /** To be sent back as it is, addresses exchanged. */
    public static final int ECHO = 2;

    /** For so many frames of such a length. */
    public static final int SUPPLY = 3;

    /** For a frame that tells how many arrived whole and in order, this one among them; counting begins anew. */
    public static final int REPORT = 4;

    private FrameFormat() {}
}
