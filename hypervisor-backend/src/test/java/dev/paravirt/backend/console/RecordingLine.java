// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;

/** A port without a guest: takes as much input as the test permits, and notes what else an end says. */
final class RecordingLine implements ConsoleLine {
    /** Somebody may have another look. */
    private final Semaphore news = new Semaphore(0);

    private final ByteArrayOutputStream input = new ByteArrayOutputStream();
    private int permitted = Integer.MAX_VALUE;
    private String size = "none";
    private String open = "never said";
    private int wanted;

    @Override
    public int input(byte[] bytes, int start, int length) {
        synchronized (this) {
            int taken = Math.min(length, permitted);
            permitted -= taken;
            input.write(bytes, start, taken);
            news.release();
            return taken;
        }
    }

    @Override
    public void outputWanted() {
        synchronized (this) {
            wanted++;
        }
        news.release();
    }

    @Override
    public void resized(int columns, int rows) {
        synchronized (this) {
            size = columns + "x" + rows;
        }
        news.release();
    }

    @Override
    public void hostOpen(boolean now) {
        synchronized (this) {
            open = now ? "open" : "closed";
        }
        news.release();
    }

    synchronized void permit(int count) {
        permitted = count;
    }

    synchronized String text() {
        return input.toString(StandardCharsets.UTF_8);
    }

    synchronized byte[] bytes() {
        return input.toByteArray();
    }

    synchronized int length() {
        return input.size();
    }

    synchronized String size() {
        return size;
    }

    synchronized String open() {
        return open;
    }

    synchronized int wanted() {
        return wanted;
    }

    /** Waits until something holds; the test's timeout ends it. */
    void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            news.acquireUninterruptibly();
        }
    }

    /** Writes everything to an end, as a port does, waiting for room. */
    void writeAll(ConsoleEnd end, byte[] bytes) {
        int done = 0;
        while (done < bytes.length) {
            int before = wanted();
            int taken = end.write(bytes, done, bytes.length - done);
            done += taken;
            if (done < bytes.length) {
                await(() -> wanted() > before);
            }
        }
    }
}
