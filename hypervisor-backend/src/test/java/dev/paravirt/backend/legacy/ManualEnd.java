// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.console.ConsoleLine;
import java.util.ArrayList;
import java.util.List;

/** An end that takes as many characters as the test allows. */
final class ManualEnd implements ConsoleEnd {
    final List<Integer> taken = new ArrayList<>();
    int allowance = Integer.MAX_VALUE;
    int wanted;
    boolean closed;

    @Override
    public void attach(ConsoleLine line) {}

    @Override
    public int write(byte[] bytes, int start, int length) {
        int accepted = Math.min(length, allowance);
        for (int i = 0; i < accepted; i++) {
            taken.add(bytes[start + i] & 0xff);
        }
        allowance -= accepted;
        return accepted;
    }

    @Override
    public void inputWanted() {
        wanted++;
    }

    @Override
    public void close() {
        closed = true;
    }
}
