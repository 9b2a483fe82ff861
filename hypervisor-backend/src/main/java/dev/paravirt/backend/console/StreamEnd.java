// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what the guest says to a stream, such as a log file, from a thread of its own and in order. Its buffer is bounded:
 * a stream that is slower than the guest slows the guest's output, and nothing else, down. If the stream fails, that is
 * logged, and output is dropped and counted from then on, so that the guest goes on.
 */
public final class StreamEnd implements ConsoleEnd {
    private static final Logger LOG = LoggerFactory.getLogger(StreamEnd.class);
    private static final int CAPACITY = 64 << 10;
    private static final long LAST_WORDS_MILLIS = 5_000;

    private final OutputStream stream;
    private final Thread writer =
            Thread.ofPlatform().name("console-writer").daemon().unstarted(this::run);
    private final ByteQueue bytes = new ByteQueue(CAPACITY);
    private final byte[] piece = new byte[CAPACITY];

    // Guarded by this.
    private @Nullable ConsoleLine line;
    private boolean refused;
    private boolean closed;
    private boolean failed;
    private long dropped;

    /** @param stream is flushed when the guest pauses, and closed with this end */
    public StreamEnd(OutputStream stream) {
        this.stream = stream;
    }

    /**
     * A log file.
     *
     * @param file is appended to, and made if there is none
     * @throws IOException if it cannot be opened for writing
     */
    public static StreamEnd appendingTo(Path file) throws IOException {
        return new StreamEnd(Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    @Override
    public synchronized void attach(ConsoleLine port) {
        line = port;
        writer.start();
    }

    @Override
    public synchronized int write(byte[] source, int start, int length) {
        if (failed) {
            dropped += length;
            return length;
        }
        int taken = bytes.put(source, start, length);
        refused |= taken < length;
        notifyAll();
        return taken;
    }

    /** A stream has no input. */
    @Override
    public void inputWanted() {}

    /** Bytes that were dropped because the stream had failed. */
    public synchronized long dropped() {
        return dropped;
    }

    private void run() {
        try (stream) {
            for (int length = next(); length > 0; length = next()) {
                stream.write(piece, 0, length);
                wantOutput();
            }
        } catch (IOException failure) {
            LOG.warn("the console's output can no longer be written, and is dropped: {}", failure.toString());
            synchronized (this) {
                failed = true;
                dropped += bytes.clear();
            }
            wantOutput();
        }
    }

    /** Waits for output; returns its length, 0 at the end. */
    private int next() throws IOException {
        boolean idle;
        synchronized (this) {
            idle = bytes.isEmpty();
        }
        if (idle) {
            stream.flush();
        }
        synchronized (this) {
            while (bytes.isEmpty() && !closed) {
                try {
                    wait();
                } catch (InterruptedException nobodyDoes) {
                    throw new IOException(nobodyDoes);
                }
            }
            return bytes.take(piece, 0, piece.length);
        }
    }

    private void wantOutput() {
        ConsoleLine port;
        synchronized (this) {
            port = refused && !closed ? line : null;
            refused = false;
        }
        if (port != null) {
            port.outputWanted();
        }
    }

    /** Waits up to five seconds for what was taken to be written. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            writer.join(LAST_WORDS_MILLIS);
            if (writer.isAlive()) {
                LOG.warn("the console's last output has not been written after {} ms", LAST_WORDS_MILLIS);
            }
        } catch (InterruptedException early) {
            Thread.currentThread().interrupt();
        }
    }
}
