// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import dev.paravirt.linux.ByteStream;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Poll;
import dev.paravirt.linux.PseudoTerminal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port behind a pseudo-terminal: whoever opens its {@link #path}, with screen, minicom or cat, talks to the guest. Bytes go
 * both ways as they are. Readers may come and go, also several at once, who share the bytes as they are quick.
 *
 * <p>What was taken from the guest is kept until somebody reads it. The buffer is bounded: a slow reader slows the guest's
 * output down. Nobody holds it up for ever: once nothing has been read for as long as the patience lasts, output that the
 * buffer has no room for is dropped and counted, until somebody reads again.
 */
public final class PseudoTerminalEnd implements ConsoleEnd {
    private static final Logger LOG = LoggerFactory.getLogger(PseudoTerminalEnd.class);
    private static final int CAPACITY = 64 << 10;
    private static final long LAST_WORDS_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** The kernel passes on 4 KiB at a time, and counts nothing as unread for a moment between two of these. */
    private static final long SETTLED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final PseudoTerminal terminal = PseudoTerminal.open();
    private final Eventfd wake = Eventfd.create();
    private final long patienceNanos;
    private final Thread thread =
            Thread.ofPlatform().name("console-pty").daemon().unstarted(this::run);

    // The thread's own.
    private final ByteStream stream = new ByteStream(terminal.master());
    private final byte[] input = new byte[CAPACITY];
    private final byte[] output = new byte[CAPACITY];
    private int inputStart;
    private int inputEnd;
    private long lastSent = System.nanoTime() - SETTLED_NANOS;

    // Guarded by this.
    private final ByteQueue bytes = new ByteQueue(CAPACITY);
    private @Nullable ConsoleLine line;
    private boolean refused;
    private boolean dropping;
    private boolean closed;
    private long dropped;
    private long lastProgress = System.nanoTime();

    /**
     * Makes the pseudo-terminal; it is served once the device is part of a machine.
     *
     * @param patience how long nobody may take output
     * @throws IOException if the system has no more, or no devpts
     */
    public PseudoTerminalEnd(Duration patience) throws IOException {
        patienceNanos = patience.toNanos();
    }

    /** What to open. */
    public Path path() {
        return terminal.path();
    }

    /** Bytes that were dropped because nobody was there. */
    public synchronized long dropped() {
        return dropped;
    }

    @Override
    public synchronized void attach(ConsoleLine port) {
        line = port;
        lastProgress = System.nanoTime();
        thread.start();
    }

    @Override
    public synchronized int write(byte[] source, int start, int length) {
        boolean idle = bytes.isEmpty();
        int taken = bytes.put(source, start, length);
        if (taken < length && dropping) {
            dropped += length - taken;
            return length;
        }
        if (idle) {
            lastProgress = System.nanoTime();
            inputWanted();
        }
        refused |= taken < length;
        return taken;
    }

    /** Wakes the thread, which looks after both directions. */
    @Override
    public void inputWanted() {
        try {
            wake.signal();
        } catch (LinuxException | IllegalStateException gone) {
            LOG.debug("the pseudo-terminal's thread is gone", gone);
        }
    }

    private void run() {
        try {
            Poll poll = new Poll(terminal.master(), wake.descriptor());
            boolean more = false;
            while (!isOver()) {
                int interest = (more ? Poll.WRITABLE : 0) | (inputStart == inputEnd ? Poll.READABLE : 0);
                if ((poll.await(interest, longestSleep()) & Poll.SECOND) != 0) {
                    wake.drain();
                }
                more = send();
                receive();
                losePatience();
                wantOutput();
            }
            awaitReader();
        } catch (LinuxException failure) {
            LOG.warn("the pseudo-terminal cannot be served any more: {}", failure.toString());
            abandon();
        }
    }

    private synchronized long longestSleep() {
        if (bytes.isEmpty() || dropping) {
            return closed ? LAST_WORDS_NANOS : -1;
        }
        return Math.max(0, (closed ? LAST_WORDS_NANOS : patienceNanos) - (System.nanoTime() - lastProgress)) + 1;
    }

    private synchronized boolean isOver() {
        return closed && (bytes.isEmpty() || dropping || System.nanoTime() - lastProgress >= LAST_WORDS_NANOS);
    }

    /** Returns whether there is more than the kernel takes now. */
    private boolean send() throws LinuxException {
        while (true) {
            int length;
            synchronized (this) {
                length = bytes.peek(output, 0, CAPACITY);
            }
            if (length == 0) {
                return false;
            }
            int sent = stream.write(output, 0, length);
            synchronized (this) {
                bytes.skip(sent);
                if (sent > 0) {
                    lastSent = System.nanoTime();
                    lastProgress = lastSent;
                    dropping = false;
                }
            }
            if (sent < length) {
                return true;
            }
        }
    }

    private void receive() throws LinuxException {
        ConsoleLine port;
        synchronized (this) {
            port = closed ? null : line;
        }
        while (port != null) {
            if (inputStart == inputEnd) {
                inputStart = 0;
                inputEnd = Math.max(0, stream.read(input, 0, CAPACITY));
                if (inputEnd == 0) {
                    return;
                }
            }
            int taken = port.input(input, inputStart, inputEnd - inputStart);
            inputStart += taken;
            if (inputStart < inputEnd) {
                return;
            }
        }
    }

    private synchronized void losePatience() {
        dropping |= !bytes.isEmpty() && System.nanoTime() - lastProgress >= patienceNanos;
    }

    private void wantOutput() {
        ConsoleLine port;
        synchronized (this) {
            boolean room = bytes.room() >= CAPACITY / 2 || dropping;
            port = refused && room && !closed ? line : null;
            refused &= port == null;
        }
        if (port != null) {
            port.outputWanted();
        }
    }

    private void abandon() {
        synchronized (this) {
            dropped += bytes.clear();
            dropping = true;
        }
        wantOutput();
    }

    /**
     * Closing a pseudo-terminal takes from its reader what it has not read, and the kernel does not say when it has: looks
     * again and again, as long as somebody reads, for up to five seconds.
     */
    private void awaitReader() throws LinuxException {
        long start = System.nanoTime();
        long progress = start;
        long lastUnread = lastSent;
        int before = Integer.MAX_VALUE;
        long now = start;
        while (now - lastUnread < SETTLED_NANOS && now - progress < patience() && now - start < LAST_WORDS_NANOS) {
            int unread = terminal.unread();
            lastUnread = unread > 0 ? now : lastUnread;
            progress = unread != before ? now : progress;
            before = unread;
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
            now = System.nanoTime();
        }
    }

    private long patience() {
        return Math.min(patienceNanos, TimeUnit.MILLISECONDS.toNanos(500));
    }

    /** Waits up to five seconds for a reader to take the rest, if there is one. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            lastProgress = System.nanoTime();
        }
        inputWanted();
        try {
            thread.join();
        } catch (InterruptedException early) {
            Thread.currentThread().interrupt();
        }
        wake.close();
        terminal.close();
    }
}
