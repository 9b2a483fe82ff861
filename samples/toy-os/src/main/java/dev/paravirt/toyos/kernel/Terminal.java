// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import java.io.IOException;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/**
 * The terminal of the machine: what a person types goes to programs, and what they print is shown. Programs get input a
 * line at a time, edited here, or raw. While a group of programs is in the foreground, Ctrl-C ends it, whether it reads or
 * not. Output that the device does not take holds up the program that prints, and nobody else.
 *
 * <p>A terminal may be plain: then nobody sits at it, and bytes go both ways as they are, input a line at a time still.
 */
public final class Terminal {
    private static final int INTERRUPT = 3;
    private static final byte[] INTERRUPTED = {'^', 'C', '\n'};
    private static final int INPUT_SIZE = 64 << 10;
    private static final int PIECE = 4096;
    private static final int NOBODY = 0;

    private final TerminalDevice device;
    private final Scheduler scheduler;
    private final boolean plain;
    private final ByteFifo input = new ByteFifo(INPUT_SIZE);
    private final ByteFifo ready = new ByteFifo(PIECE);
    private final CookedLine line;
    private final byte[] piece = new byte[PIECE];
    private IntConsumer interrupted = group -> {};
    private boolean raw;
    private int foreground;
    private boolean interruptShown = true;
    private int size;
    private int outputWaiters;

    /** @param plain whether this is no terminal in truth, but a stream of bytes from and to some program */
    public Terminal(TerminalDevice device, Scheduler scheduler, boolean plain) {
        this.device = device;
        this.scheduler = scheduler;
        this.plain = plain;
        line = new CookedLine(plain);
        size = size();
    }

    /** @param action is given the group that Ctrl-C ends */
    void onInterrupt(IntConsumer action) {
        interrupted = action;
    }

    /**
     * Takes what the device has, as far as there is room: the rest waits in the device.
     *
     * @return whether there was anything
     */
    public boolean receive() {
        boolean any = false;
        while (input.room() > 0) {
            int count = device.read(piece, 0, Math.min(PIECE, input.room()));
            if (count == 0) {
                return any;
            }
            any = true;
            for (int i = 0; i < count; i++) {
                receive(piece[i] & 0xFF);
            }
        }
        return any;
    }

    private void receive(int value) {
        if (value == INTERRUPT && !plain && !raw && foreground != NOBODY) {
            interrupt();
        } else {
            input.put(value);
        }
    }

    private void interrupt() {
        input.clear();
        ready.clear();
        line.clear();
        interruptShown = false;
        interrupted.accept(foreground);
    }

    /** Whether there is room for more input. */
    public boolean wantsInput() {
        return input.room() > 0;
    }

    /** Whether a program waits for the device to take output. */
    public boolean wantsRoom() {
        return outputWaiters > 0;
    }

    /** Whether nobody sits at it. */
    boolean plain() {
        return plain;
    }

    /** Columns times 65536 plus rows; 0 for what is not known. */
    int size() {
        return device.columns() << 16 | device.rows();
    }

    void raw(boolean on) {
        raw = on;
    }

    /**
     * @param group 0 for none: then Ctrl-C is a character like others
     * @return whether Ctrl-C was typed for the group before
     */
    boolean foreground(int group) throws IOException, SystemCallException {
        foreground = group;
        if (group != NOBODY && !raw && input.contains(INTERRUPT)) {
            // It was typed when the program had been started already, and nobody knew.
            interrupt();
            return false;
        }
        boolean typed = !interruptShown;
        interruptShown = true;
        write(INTERRUPTED, 0, typed ? INTERRUPTED.length : 0);
        return typed;
    }

    int read(byte[] destination, int start, int length) throws IOException, SystemCallException {
        if (length == 0) {
            return 0;
        }
        return raw && !plain ? readRaw(destination, start, length) : readLine(destination, start, length);
    }

    /** Bytes as they come. Fails with INTERRUPTED, too, when the size has changed: what is shown is to be shown anew. */
    private int readRaw(byte[] destination, int start, int length) throws IOException, SystemCallException {
        await(() -> !input.isEmpty() || size() != size);
        if (size() != size) {
            size = size();
            throw new SystemCallException(Errno.INTERRUPTED);
        }
        return input.take(destination, start, length);
    }

    private int readLine(byte[] destination, int start, int length) throws IOException, SystemCallException {
        while (ready.isEmpty()) {
            if (line.takeEnd()) {
                return 0;
            }
            await(() -> !input.isEmpty());
            boolean complete = false;
            while (!complete && !input.isEmpty()) {
                complete = line.accept(input.take());
            }
            byte[] echo = line.takeEcho();
            write(echo, 0, echo.length);
            if (complete) {
                byte[] all = line.takeLine();
                ready.put(all, 0, all.length);
            }
        }
        return ready.take(destination, start, length);
    }

    /** Prints; on a terminal in truth each newline begins a new line at its left. */
    void write(byte[] source, int start, int length) throws IOException, SystemCallException {
        int at = start;
        byte[] shown = new byte[2 * Math.min(length, PIECE)];
        while (at < start + length) {
            int count = 0;
            while (at < start + length && count < shown.length - 1) {
                boolean atLeft = at > start && source[at - 1] == '\r';
                if (source[at] == '\n' && !plain && !atLeft) {
                    shown[count++] = '\r';
                }
                shown[count++] = source[at++];
            }
            push(shown, count);
        }
    }

    private void push(byte[] bytes, int length) throws IOException, SystemCallException {
        int done = device.write(bytes, 0, length);
        while (done < length) {
            outputWaiters++;
            try {
                await(device::hasRoom);
            } finally {
                outputWaiters--;
            }
            done += device.write(bytes, done, length - done);
        }
    }

    private void await(BooleanSupplier condition) throws IOException, SystemCallException {
        boolean holds = scheduler.awaitUnlessStopped(() -> condition.getAsBoolean() || !device.alive());
        if (!holds) {
            throw new SystemCallException(Errno.INTERRUPTED);
        }
        if (!device.alive()) {
            throw new IOException("the terminal does not work any more");
        }
    }

    /** Waits for the last words to be shown, but not for long. */
    void flush(long deadline) {
        outputWaiters++;
        scheduler.await(() -> device.flushed() || !device.alive(), deadline);
        outputWaiters--;
    }

    /** What a program's descriptor stands for that leads here. */
    OpenDescriptor descriptor() {
        return new Descriptor();
    }

    /** See {@link #descriptor}. */
    final class Descriptor extends OpenDescriptor {
        @Override
        int read(byte[] destination, int start, int length) throws IOException, SystemCallException {
            return Terminal.this.read(destination, start, length);
        }

        @Override
        void write(byte[] source, int start, int length) throws IOException, SystemCallException {
            Terminal.this.write(source, start, length);
        }
    }
}
