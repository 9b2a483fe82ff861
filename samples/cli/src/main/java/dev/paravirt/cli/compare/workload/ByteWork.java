// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.ByteFormat;
import java.io.IOException;

/** What is done with a console, in the {@link ByteFormat}. */
final class ByteWork {
    private static final int BYTE = 0xff;

    private ByteWork() {}

    /** Output, so many bytes at a time. After each turn, the peer is asked how many of them were right. */
    static Work output(String name, ByteLine line, int bytes) {
        byte[] values = new byte[bytes + ByteFormat.VALUES];
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) (i % ByteFormat.VALUES);
        }
        return turn -> {
            control(line, ByteFormat.TAKE);
            long written = 0;
            while (turn.goesOn()) {
                line.write(values, (int) (written % ByteFormat.VALUES), bytes);
                written += bytes;
                turn.completed(1);
            }
            control(line, ByteFormat.REPORT);
            long right = number(line);
            Patience.require(
                    right == written, name + " wrote " + written + " bytes, of which " + right + " were right");
        };
    }

    /** Echoes each key, after which the typist hits the next. */
    static Work keys(String name, ByteLine line) {
        return turn -> {
            byte[] key = new byte[1];
            control(line, ByteFormat.TYPE);
            while (turn.goesOn()) {
                int expected = (key[0] & BYTE) + 1 == ByteFormat.VALUES ? 0 : (key[0] & BYTE) + 1;
                long began = turn.begin();
                line.write(key, 0, 1);
                line.read(key, 0, 1);
                turn.completed(began);
                Patience.require(
                        (key[0] & BYTE) == expected, name + " read " + (key[0] & BYTE) + " in place of " + expected);
            }
        };
    }

    private static void control(ByteLine line, int value) throws IOException {
        line.write(new byte[] {(byte) value}, 0, 1);
    }

    private static long number(ByteLine line) throws IOException {
        byte[] bytes = new byte[Long.BYTES];
        int have = 0;
        while (have < bytes.length) {
            have += line.read(bytes, have, bytes.length - have);
        }
        long number = 0;
        for (int i = Long.BYTES - 1; i >= 0; i--) {
            number = number << Byte.SIZE | bytes[i] & BYTE;
        }
        return number;
    }
}
