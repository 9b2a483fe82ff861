// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Takes as many bytes as the test permits. */
public final class ScriptedEnd implements ConsoleEnd {
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    public final AtomicInteger inputWanted = new AtomicInteger();
    private @Nullable ConsoleLine line;
    private int permitted;
    private boolean closed;

    /** One that takes nothing yet. */
    public ScriptedEnd() {}

    @Override
    public void attach(ConsoleLine port) {
        line = port;
    }

    public ConsoleLine line() {
        return requireNonNull(line);
    }

    @Override
    public synchronized int write(byte[] bytes, int start, int length) {
        int taken = Math.min(length, permitted);
        permitted -= taken;
        output.write(bytes, start, taken);
        return taken;
    }

    public void permit(int count) {
        synchronized (this) {
            permitted += count;
        }
        line().outputWanted();
    }

    public synchronized String text() {
        return output.toString(StandardCharsets.UTF_8);
    }

    public int input(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return line().input(bytes, 0, bytes.length);
    }

    @Override
    public void inputWanted() {
        inputWanted.incrementAndGet();
    }

    @Override
    public synchronized void close() {
        closed = true;
    }

    public synchronized boolean isClosed() {
        return closed;
    }
}
