// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

/** Sequence numbers go round: one is before another if the shorter way leads forward (RFC 9293, section 3.4). */
final class Sequence {
    private Sequence() {}

    static boolean before(int a, int b) {
        return a - b < 0;
    }

    static boolean after(int a, int b) {
        return b - a < 0;
    }
}
