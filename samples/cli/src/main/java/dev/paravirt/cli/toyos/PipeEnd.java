// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.toyos;

import dev.paravirt.backend.console.ConsoleEnd;
import dev.paravirt.backend.console.ConsoleLine;
import dev.paravirt.backend.console.StreamEnd;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A console between two streams, for a script in place of a person. The end of the input reaches the guest as Ctrl-D. */
final class PipeEnd implements ConsoleEnd {
    private static final Logger LOG = LoggerFactory.getLogger(PipeEnd.class);
    private static final int PIECE = 16 << 10;
    private static final byte END_OF_FILE = 4;

    private final InputStream input;
    private final StreamEnd output;
    private final Object wanted = new Object();
    private boolean refused;
    private volatile boolean closed;

    PipeEnd(InputStream input, OutputStream output) {
        this.input = input;
        this.output = new StreamEnd(output);
    }

    @Override
    public void attach(ConsoleLine port) {
        output.attach(port);
        // It may be reading when the guest ends: then it ends with the process.
        Thread.ofPlatform().name("console-input").daemon().start(() -> read(port));
    }

    private void read(ConsoleLine port) {
        byte[] piece = new byte[PIECE];
        try {
            for (int length = input.read(piece); length >= 0 && !closed; length = input.read(piece)) {
                offer(port, piece, length);
            }
        } catch (IOException failure) {
            LOG.warn("the input of the console cannot be read any more: {}", failure.toString());
        } catch (InterruptedException early) {
            return;
        }
        try {
            offer(port, new byte[] {END_OF_FILE}, 1);
        } catch (InterruptedException early) {
            return;
        }
    }

    private void offer(ConsoleLine port, byte[] bytes, int length) throws InterruptedException {
        int done = 0;
        while (done < length && !closed) {
            synchronized (wanted) {
                refused = true;
            }
            done += port.input(bytes, done, length - done);
            synchronized (wanted) {
                while (done < length && refused && !closed) {
                    wanted.wait();
                }
            }
        }
    }

    @Override
    public int write(byte[] bytes, int start, int length) {
        return output.write(bytes, start, length);
    }

    @Override
    public void inputWanted() {
        synchronized (wanted) {
            refused = false;
            wanted.notifyAll();
        }
    }

    @Override
    public void close() {
        closed = true;
        inputWanted();
        output.close();
    }
}
