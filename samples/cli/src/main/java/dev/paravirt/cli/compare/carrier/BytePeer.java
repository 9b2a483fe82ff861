// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.console.ConsoleLine;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a guest's console: takes all that comes, and answers on the thread that brings it, so that no
 * third thread is measured. What finds no room at once is missed by the guest, which waits for all answers.
 */
final class BytePeer implements ConsoleEnd {
    private static final int BYTE = 0xff;

    private final byte[] answer = new byte[Long.BYTES];
    private @Nullable ConsoleLine line;
    private boolean isTyping;
    private int expected;
    private long right;

    @Override
    public void attach(ConsoleLine port) {
        line = port;
    }

    @Override
    public int write(byte[] bytes, int start, int length) {
        for (int i = start; i < start + length; i++) {
            take(bytes[i] & BYTE);
        }
        return length;
    }

    private void take(int value) {
        if (value >= ByteFormat.VALUES) {
            control(value);
        } else if (isTyping) {
            answer[0] = (byte) ((value + 1) % ByteFormat.VALUES);
            say(1);
        } else {
            right += value == expected ? 1 : 0;
            expected = value == ByteFormat.VALUES - 1 ? 0 : value + 1;
        }
    }

    private void control(int value) {
        isTyping = value == ByteFormat.TYPE;
        if (value == ByteFormat.REPORT) {
            for (int i = 0; i < Long.BYTES; i++) {
                answer[i] = (byte) (right >> Byte.SIZE * i);
            }
            say(Long.BYTES);
        }
        right = 0;
        expected = 0;
    }

    private void say(int length) {
        if (line != null) {
            line.input(answer, 0, length);
        }
    }

    @Override
    public void inputWanted() {}

    @Override
    public void close() {}
}
