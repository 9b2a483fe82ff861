// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import static java.util.Objects.requireNonNull;

import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.VirtqueueException;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One port. Output of the guest that the end does not take stays in the guest's buffers until it does; input is kept here, a
 * bounded amount of it, until the guest has buffers, which are left in the ring until then. Its lock is held for as long as
 * it takes to copy one batch.
 */
final class ConsolePort implements ConsoleLine {
    /** The device, which hears what an end says of itself; called without the port's lock. */
    interface Listener {
        void resized(int columns, int rows);

        void hostOpen(boolean open);
    }

    private static final int PIECE = 32 << 10;
    private static final int INPUT = 256 << 10;
    private static final int EMERGENCY = 1 << 10;

    private final ConsoleEnd end;
    private final Listener listener;
    private final byte[] piece = new byte[PIECE];
    private final byte[] emergency = new byte[EMERGENCY];
    private final ByteQueue input = new ByteQueue(INPUT);
    private final ArrayDeque<DescriptorChain> full = new ArrayDeque<>();
    private @Nullable QueueContext receive;
    private @Nullable QueueContext transmit;

    /** The guest had no receive buffer the last time that one was needed. */
    private boolean starved;

    /** What the end has taken of the first output that waits, or, while the queue is paused, of the one that comes next. */
    private long taken;

    /** Output that is given back will come again. */
    private boolean outputPaused;

    private int emergencyLength;
    private boolean inputRefused;
    private boolean guestOpen;
    private boolean closed;
    private long sent;
    private long received;
    private long dropped;

    ConsolePort(ConsoleEnd end, Listener listener) {
        this.end = end;
        this.listener = listener;
    }

    void attach() {
        end.attach(this);
    }

    // Queues of the guest, from their workers.

    /** Moves input into receive buffers. Returns whether there was any. */
    synchronized boolean serveInput(QueueContext context) {
        receive = context;
        starved = false;
        int before = input.length();
        while (input.length() > 0 && !starved && !closed) {
            DescriptorChain chain = context.take();
            if (chain == null) {
                starved = true;
            } else {
                fill(chain, context);
            }
        }
        wantInput();
        return input.length() < before;
    }

    private void fill(DescriptorChain chain, QueueContext context) {
        if (chain.writableLength() == 0 || chain.readableLength() > 0) {
            context.push(chain, 0);
            throw new VirtqueueException(
                    "a receive buffer of a console port that the device can read, or cannot write");
        }
        int length = (int) Math.min(input.length(), chain.writableLength());
        try {
            input.copyTo(chain, length);
        } catch (RuntimeException | InternalError memoryGone) {
            // Nobody is left to whom this buffer matters; the input may come to another driver.
            length = 0;
        }
        input.skip(length);
        received += length;
        context.push(chain, length);
    }

    /** Whether {@link #serveInput} has something to do, as far as is known. */
    synchronized boolean isInputReady() {
        return input.length() > 0 && !starved && !closed;
    }

    /** Whether input waits for a buffer. */
    synchronized boolean awaitsBuffers() {
        return starved && !closed;
    }

    /** Output: the end takes it now, or it waits for the end. Dropped if the port is gone. */
    synchronized void addFull(DescriptorChain chain, QueueContext context) {
        if (chain.readableLength() == 0 || chain.writableLength() > 0) {
            throw new VirtqueueException("output of a console port that the device can write, or cannot read");
        }
        transmit = context;
        if (closed || (full.isEmpty() && writeEmergency() && writeOut(chain))) {
            taken = 0;
            context.push(chain, 0);
        } else {
            full.add(chain);
        }
    }

    /** The queue of input is being served, or null: it is not any more. */
    synchronized void inputQueue(@Nullable QueueContext context) {
        receive = context;
        starved = false;
        wantInput();
    }

    /** Gives back all output of a queue that is being reset, or paused. */
    synchronized void releaseOutput(QueueContext context) {
        for (DescriptorChain next = full.poll(); next != null; next = full.poll()) {
            context.push(next, 0);
        }
        taken = outputPaused ? taken : 0;
    }

    /** Whether what the queue of output gives back from now on will come again. */
    synchronized void outputPaused(boolean paused) {
        outputPaused = paused;
    }

    /** The driver is gone. */
    synchronized void reset() {
        taken = 0;
        guestOpen(false);
    }

    /** Whether the guest has somebody at its side of the port; input waits at the end until it has. */
    synchronized void guestOpen(boolean open) {
        guestOpen = open;
        wantInput();
    }

    synchronized boolean isGuestOpen() {
        return guestOpen;
    }

    private void wantInput() {
        if (guestOpen && receive != null && inputRefused && input.room() >= INPUT / 2 && !closed) {
            inputRefused = false;
            end.inputWanted();
        }
    }

    /** One character that does not wait for queues; it goes ahead of output that does. */
    synchronized void emergency(byte character) {
        if (closed || emergencyLength == EMERGENCY) {
            dropped++;
            return;
        }
        emergency[emergencyLength++] = character;
        writeEmergency();
    }

    private boolean writeEmergency() {
        if (emergencyLength > 0) {
            int accepted = end.write(emergency, 0, emergencyLength);
            emergencyLength -= accepted;
            System.arraycopy(emergency, accepted, emergency, 0, emergencyLength);
        }
        return emergencyLength == 0;
    }

    // Another device that the guest moves to.

    /** Emergency characters are left out: they are this end's to take. */
    synchronized void save(DataOutput state) throws IOException {
        byte[] waiting = new byte[input.length()];
        input.peek(waiting, 0, waiting.length);
        state.writeInt(waiting.length);
        state.write(waiting);
        state.writeLong(taken);
    }

    /**
     * What {@link #save} wrote.
     *
     * @param waiting input that the guest has not read
     * @param taken bytes of the output that comes next
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    record State(byte[] waiting, long taken) {
        static State load(DataInput state) throws IOException {
            int length = state.readInt();
            if (length < 0 || length > INPUT) {
                throw new IOException(length + " bytes of input wait at a port, which has room for " + INPUT);
            }
            byte[] waiting = new byte[length];
            state.readFully(waiting);
            long taken = state.readLong();
            if (taken < 0) {
                throw new IOException("the end of a port has taken " + taken + " bytes");
            }
            return new State(waiting, taken);
        }
    }

    /** In the place of what this port has. */
    synchronized void takeOver(State state) {
        input.clear();
        input.put(state.waiting, 0, state.waiting.length);
        taken = state.taken;
    }

    // The end.

    @Override
    public synchronized void outputWanted() {
        if (closed || !writeEmergency()) {
            return;
        }
        for (DescriptorChain first = full.peek(); first != null; first = full.peek()) {
            if (!writeOut(first)) {
                return;
            }
            full.remove();
            taken = 0;
            requireNonNull(transmit).complete(first, 0);
        }
    }

    /** Returns whether the end has taken all of a chain. */
    private boolean writeOut(DescriptorChain chain) {
        while (taken < chain.readableLength()) {
            int length = (int) Math.min(PIECE, chain.readableLength() - taken);
            try {
                chain.read(taken, piece, 0, length);
            } catch (RuntimeException | InternalError memoryGone) {
                // The guest took its memory away: nobody is left to whom the rest matters.
                return true;
            }
            int accepted = end.write(piece, 0, length);
            taken += accepted;
            sent += accepted;
            if (accepted < length) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int input(byte[] bytes, int start, int length) {
        QueueContext waiting;
        int done;
        synchronized (this) {
            waiting = guestOpen && !closed ? receive : null;
            done = waiting != null ? input.put(bytes, start, length) : 0;
            inputRefused |= done < length;
        }
        if (waiting != null && done > 0) {
            waiting.wake();
        }
        return done;
    }

    @Override
    public void resized(int columns, int rows) {
        listener.resized(columns, rows);
    }

    @Override
    public void hostOpen(boolean open) {
        listener.hostOpen(open);
    }

    /** Bytes that the end has taken from the guest. */
    synchronized long sent() {
        return sent;
    }

    /** Bytes that the guest has taken from the end. */
    synchronized long received() {
        return received;
    }

    /** Emergency characters for which there was no room. */
    synchronized long dropped() {
        return dropped;
    }

    /** The port is gone: gives back output that waits, which nobody will take, and takes nothing any more. */
    synchronized void remove() {
        closed = true;
        for (DescriptorChain next = full.poll(); next != null; next = full.poll()) {
            requireNonNull(transmit).complete(next, 0);
        }
    }

    /** Closes the end; chains that wait are still to be released. */
    void close() {
        synchronized (this) {
            closed = true;
        }
        end.close();
    }
}
