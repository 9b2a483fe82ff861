// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import dev.paravirt.linux.ByteStream;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Poll;
import dev.paravirt.linux.Signals;
import dev.paravirt.linux.Terminal;
import dev.paravirt.linux.WindowSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The terminal that the user sits at: the standard input and output of this process. Every key goes to the guest, Ctrl-C
 * too, except those behind Ctrl-A: {@link #keys}. The terminal's size is the console's, and is followed.
 *
 * <p>From {@link #attach} to {@link #close} the terminal is in raw mode. The settings before come back also when the JVM ends
 * by SIGTERM, SIGHUP or {@link System#exit}, and are changed again when it goes on after a stop. What is killed by SIGKILL
 * restores nothing: {@code stty sane} does.
 *
 * <p>Standard input may as well be a file or a pipe: then all of it goes to the guest, Ctrl-A too, and after its end output
 * goes on. What a guest does not take is kept, up to 64 KiB; then a pipe has to wait, and further keys are dropped with a
 * bell.
 */
public final class TerminalEnd implements ConsoleEnd {
    private static final Logger LOG = LoggerFactory.getLogger(TerminalEnd.class);
    private static final int CAPACITY = 64 << 10;
    private static final byte[] BELL = {7};

    private final FileDescriptor input;
    private final FileDescriptor outputDescriptor;
    private final @Nullable Terminal terminal;
    private final Runnable leave;
    private final StreamEnd output;
    private final Eventfd wake = Eventfd.create();
    private final Thread reader =
            Thread.ofPlatform().name("console-terminal").daemon().unstarted(this::run);
    private final Thread atExit = Thread.ofPlatform().name("console-restore").unstarted(this::restore);

    // The reader's own.
    private final EscapeSequence escape = new EscapeSequence();
    private final ByteQueue typed = new ByteQueue(CAPACITY);
    private final byte[] piece = new byte[CAPACITY / 2];
    private @Nullable WindowSize size;

    private volatile @Nullable ConsoleLine line;
    private volatile boolean closed;
    private @Nullable AutoCloseable windowSignal;
    private @Nullable AutoCloseable continueSignal;

    private TerminalEnd(FileDescriptor input, FileDescriptor output, Runnable leave) throws LinuxException {
        this.input = input;
        this.outputDescriptor = output;
        this.terminal = Terminal.isTerminal(input) ? Terminal.of(input) : null;
        this.leave = leave;
        // A descriptor of its own, which the stream closes; the size is asked of the other.
        this.output = new StreamEnd(ByteStream.output(output.duplicate()));
    }

    /**
     * The terminal of this process.
     *
     * @param leave is run, on a thread of its own, when the user asks to leave
     * @throws IOException if standard input or output is closed
     */
    public static TerminalEnd standard(Runnable leave) throws IOException {
        return on(FileDescriptor.adopt(0), FileDescriptor.adopt(1), leave);
    }

    /** As {@link #standard}, on any descriptors, which stay the caller's. */
    public static TerminalEnd on(FileDescriptor input, FileDescriptor output, Runnable leave) throws IOException {
        return new TerminalEnd(input.duplicate(), output.duplicate(), leave);
    }

    /** Whether input is a terminal, and so {@link #keys} have their meaning. */
    public boolean isTerminal() {
        return terminal != null;
    }

    /** What the keys do that do not go to the guest, in one line for the user. */
    public static String keys() {
        return EscapeSequence.help();
    }

    @Override
    public void attach(ConsoleLine port) {
        line = port;
        output.attach(port);
        if (terminal != null) {
            Runtime.getRuntime().addShutdownHook(atExit);
            makeRaw(terminal);
            windowSignal = Signals.on("WINCH", this::inputWanted);
            continueSignal = Signals.on("CONT", () -> makeRaw(terminal));
        }
        followSize(port);
        reader.start();
    }

    private void makeRaw(Terminal changed) {
        try {
            synchronized (this) {
                if (!closed) {
                    changed.makeRaw(false);
                }
            }
        } catch (LinuxException failure) {
            LOG.warn("the terminal stays in line mode: {}", failure.toString());
        }
        inputWanted();
    }

    private synchronized void restore() {
        closed = true;
        try {
            if (terminal != null) {
                terminal.restore();
            }
        } catch (LinuxException gone) {
            LOG.debug("the terminal cannot be restored", gone);
        }
    }

    private void followSize(ConsoleLine port) {
        try {
            FileDescriptor screen = Terminal.isTerminal(outputDescriptor) ? outputDescriptor : input;
            if (Terminal.isTerminal(screen)) {
                WindowSize now = Terminal.of(screen).size();
                if (!now.equals(size)) {
                    size = now;
                    port.resized(now.columns(), now.rows());
                }
            }
        } catch (LinuxException failure) {
            LOG.debug("the terminal does not say its size", failure);
        }
    }

    @Override
    public int write(byte[] bytes, int start, int length) {
        return output.write(bytes, start, length);
    }

    /** Wakes the reader, which looks after input and size. */
    @Override
    public void inputWanted() {
        try {
            wake.signal();
        } catch (LinuxException | IllegalStateException gone) {
            LOG.debug("the terminal's reader is gone", gone);
        }
    }

    private void run() {
        try {
            ByteStream keyboard = new ByteStream(input);
            Poll poll = new Poll(input, wake.descriptor());
            boolean ended = false;
            while (!closed) {
                // Keys are looked at even with no room for them: the user may want to leave.
                boolean wanted = !ended && (terminal != null || typed.room() >= piece.length);
                int ready = poll.await(wanted ? Poll.READABLE : 0, -1);
                if ((ready & Poll.SECOND) != 0) {
                    wake.drain();
                }
                ConsoleLine port = line;
                if (port == null || closed) {
                    return;
                }
                followSize(port);
                if ((ready & Poll.FIRST) != 0) {
                    int length = keyboard.read(piece, 0, piece.length);
                    ended = length == ByteStream.END;
                    take(Math.max(length, 0));
                }
                offer(port);
            }
        } catch (LinuxException failure) {
            LOG.warn("the terminal cannot be read any more: {}", failure.toString());
        }
    }

    /** Keeps what was read for the guest, less what is for us. */
    private void take(int length) {
        if (terminal == null) {
            typed.put(piece, 0, length);
            return;
        }
        for (int i = 0; i < length; i++) {
            int key = escape.next(piece[i]);
            switch (key) {
                case EscapeSequence.LEAVE ->
                    Thread.ofPlatform().name("console-leave").daemon().start(leave);
                case EscapeSequence.HELP -> say("\r\n" + keys() + "\r\n");
                case EscapeSequence.NOTHING -> {}
                default -> type(key);
            }
        }
    }

    private void type(int key) {
        boolean escaped = key >= EscapeSequence.AFTER_ESCAPE;
        if (typed.room() < (escaped ? 2 : 1)) {
            output.write(BELL, 0, BELL.length);
            return;
        }
        if (escaped) {
            typed.put(EscapeSequence.ESCAPE);
        }
        typed.put((byte) key);
    }

    private void say(String words) {
        byte[] bytes = words.getBytes(StandardCharsets.UTF_8);
        output.write(bytes, 0, bytes.length);
    }

    private void offer(ConsoleLine port) {
        int length = typed.peek(piece, 0, piece.length);
        while (length > 0) {
            int taken = port.input(piece, 0, length);
            typed.skip(taken);
            length = taken < length ? 0 : typed.peek(piece, 0, piece.length);
        }
    }

    /** Writes what was taken, for up to five seconds, and restores the terminal. */
    @Override
    public void close() {
        closed = true;
        inputWanted();
        output.close();
        restore();
        end(windowSignal);
        end(continueSignal);
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException atShutdown) {
            LOG.trace("the JVM ends", atShutdown);
        }
        try {
            reader.join();
        } catch (InterruptedException early) {
            Thread.currentThread().interrupt();
        }
        wake.close();
        input.close();
        outputDescriptor.close();
    }

    private static void end(@Nullable AutoCloseable signal) {
        try {
            if (signal != null) {
                signal.close();
            }
        } catch (Exception failure) {
            LOG.debug("a signal's handler stays", failure);
        }
    }
}
