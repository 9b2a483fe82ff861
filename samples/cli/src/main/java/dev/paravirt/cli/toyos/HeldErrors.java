// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.toyos;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Keeps what this process says on its standard error, logs among it, for as long as the terminal is the guest's. */
final class HeldErrors implements AutoCloseable {
    private static final int MOST = 64 << 10;

    private final PrintStream errors = System.err;
    private final StringBuilder held = new StringBuilder();
    private final Thread atExit = new Thread(this::tell, "paravirt-errors");

    HeldErrors() {
        System.setErr(new PrintStream(new Holder(), true, StandardCharsets.UTF_8));
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    private final class Holder extends OutputStream {
        @Override
        public void write(int value) {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int start, int length) {
            synchronized (held) {
                if (held.length() < MOST) {
                    held.append(new String(bytes, start, length, StandardCharsets.UTF_8));
                }
            }
        }
    }

    private void tell() {
        synchronized (held) {
            errors.print(held);
            errors.flush();
            held.setLength(0);
        }
    }

    /** The terminal is its user's again. */
    @Override
    public void close() {
        System.setErr(errors);
        tell();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException atShutdown) {
            // It tells what is left, which is nothing.
            return;
        }
    }
}
