// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.guest.driver.ReceivedFrame;
import java.util.Arrays;

/** Numbered frames of every size from the shortest to the longest, whose content follows from their number. */
public final class NetFrames {
    /** Both addresses, a type that is free for experiments, and the number. */
    public static final int SHORTEST = 18;

    public static final int LONGEST = 1514;
    private static final int TYPE = 12;
    private static final int NUMBER = 14;

    /** Coprime to the number of sizes, so that all of them come up, not in order. */
    private static final int STRIDE = 661;

    private NetFrames() {}

    /** An address of a station, made from a number of 0 to 255. */
    public static byte[] station(int number) {
        return new byte[] {2, 0, 0, 0, 0, (byte) number};
    }

    /** The address of all stations. */
    public static byte[] broadcast() {
        return new byte[] {-1, -1, -1, -1, -1, -1};
    }

    /** An address as text. */
    public static String text(byte[] address) {
        return String.format(
                "%02x:%02x:%02x:%02x:%02x:%02x",
                address[0], address[1], address[2], address[3], address[4], address[5]);
    }

    static int length(int number) {
        return SHORTEST + Math.floorMod(number * STRIDE, LONGEST - SHORTEST + 1);
    }

    public static byte[] frame(int number, byte[] to, byte[] from) {
        return frame(number, to, from, length(number));
    }

    public static byte[] frame(int number, byte[] to, byte[] from, int length) {
        byte[] frame = new byte[length];
        System.arraycopy(to, 0, frame, 0, to.length);
        System.arraycopy(from, 0, frame, to.length, from.length);
        frame[TYPE] = (byte) 0x88;
        frame[TYPE + 1] = (byte) 0xb5;
        for (int shift = 0; shift < 4; shift++) {
            frame[NUMBER + shift] = (byte) (number >> (8 * shift));
        }
        int state = number * 0x9e37_79b9 + 1;
        for (int at = SHORTEST; at < length; at++) {
            state = state * 1_103_515_245 + 12_345;
            frame[at] = (byte) (state >>> 16);
        }
        return frame;
    }

    /** The number in a frame. */
    public static int number(byte[] frame) {
        int number = 0;
        for (int shift = 0; shift < 4; shift++) {
            number |= (frame[NUMBER + shift] & 0xff) << (8 * shift);
        }
        return number;
    }

    public static byte[] bytes(ReceivedFrame frame) {
        byte[] bytes = new byte[frame.length()];
        frame.get(0, bytes, 0, bytes.length);
        return bytes;
    }

    static void assertSame(byte[] found, byte[] expected) {
        assertThat(Arrays.mismatch(found, expected))
                .as("first difference of frame " + number(expected) + ", " + found.length + " bytes where "
                        + expected.length + " were sent")
                .isEqualTo(-1);
    }
}
