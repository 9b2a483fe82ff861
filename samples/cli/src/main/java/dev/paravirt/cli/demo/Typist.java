// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.console.ConsoleLine;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Sits at the end of a console as a person would: types, and waits to see what comes back. The guest may show what it likes:
 * only so much is kept, and until it is looked at the guest waits.
 */
final class Typist implements ConsoleEnd {
    private static final int MOST_SHOWN = 32 << 20;
    private static final int MOST_QUOTED = 300;
    private static final long PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();

    // Guarded by this.
    private final ByteArrayOutputStream arrived = new ByteArrayOutputStream();
    private @Nullable ConsoleLine line;
    private boolean outputRefused;
    private boolean inputRefused;
    private boolean closed;

    /** What has been shown and not been looked at yet; the typing thread's own. */
    private byte[] shown = {};

    /** What was expected did not come, or nobody is there to type to. */
    static final class Disappointment extends Exception {
        private static final long serialVersionUID = 1L;

        Disappointment(String message) {
            super(message);
        }
    }

    @Override
    public synchronized void attach(ConsoleLine port) {
        line = port;
        notifyAll();
    }

    @Override
    public synchronized int write(byte[] bytes, int start, int length) {
        int taken = Math.min(length, MOST_SHOWN - arrived.size());
        arrived.write(bytes, start, taken);
        outputRefused |= taken < length;
        notifyAll();
        return taken;
    }

    @Override
    public synchronized void inputWanted() {
        inputRefused = false;
        notifyAll();
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    private interface Condition {
        boolean holds();
    }

    /** Called with the lock held. */
    private void await(Condition condition, String what) throws Disappointment, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.holds()) {
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            if (closed || millis <= 0) {
                throw new Disappointment(what + (closed ? " before the machine ended" : " for too long"));
            }
            wait(millis);
        }
    }

    /** Types keys, as fast as the guest takes them. */
    void type(String keys) throws Disappointment, InterruptedException {
        byte[] bytes = keys.getBytes(StandardCharsets.UTF_8);
        int done = 0;
        while (done < bytes.length) {
            ConsoleLine port;
            synchronized (this) {
                await(() -> line != null && !inputRefused, "the guest took no input");
                // Before it is offered: the news that more is wanted may come at once.
                inputRefused = true;
                port = line;
            }
            done += port == null ? 0 : port.input(bytes, done, bytes.length - done);
            if (done == bytes.length) {
                inputWanted();
            }
        }
    }

    /** Waits until the guest has shown a text, behind what was looked at before. */
    void expect(String text) throws Disappointment, InterruptedException {
        byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
        int at = indexOf(shown, wanted, 0);
        while (at < 0) {
            int before = shown.length;
            look(1, "'" + text.strip() + "' did not come; instead came '" + quoted() + "'");
            at = indexOf(shown, wanted, Math.max(0, before - wanted.length));
        }
        shown = Arrays.copyOfRange(shown, at + wanted.length, shown.length);
    }

    /** Waits until the guest has shown so many bytes more, up to 32 MiB, and returns them. */
    byte[] take(int length) throws Disappointment, InterruptedException {
        if (shown.length < length) {
            look(length - shown.length, "less than " + length + " bytes came");
        }
        byte[] taken = Arrays.copyOf(shown, length);
        shown = Arrays.copyOfRange(shown, length, shown.length);
        return taken;
    }

    /** Waits for so many bytes, and looks at all that are there. */
    private void look(int least, String otherwise) throws Disappointment, InterruptedException {
        ConsoleLine port;
        byte[] more;
        synchronized (this) {
            await(() -> arrived.size() >= least, otherwise);
            more = arrived.toByteArray();
            arrived.reset();
            port = outputRefused ? line : null;
            outputRefused = false;
        }
        if (port != null) {
            port.outputWanted();
        }
        int before = shown.length;
        shown = Arrays.copyOf(shown, before + more.length);
        System.arraycopy(more, 0, shown, before, more.length);
    }

    /** The end of what was shown, without what would command a terminal. */
    private String quoted() {
        int start = Math.max(0, shown.length - MOST_QUOTED);
        String text = new String(shown, start, shown.length - start, StandardCharsets.UTF_8);
        return text.replaceAll("\\p{Cntrl}+", " ").strip();
    }

    private static int indexOf(byte[] text, byte[] wanted, int from) {
        for (int at = from; at + wanted.length <= text.length; at++) {
            if (Arrays.equals(text, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
        }
        return -1;
    }
}
