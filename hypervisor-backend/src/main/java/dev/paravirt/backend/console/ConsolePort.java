// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import static java.util.Objects.requireNonNull;

import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.VirtqueueException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One port: chains of the guest that wait for its end, in both directions. Its lock is held for as long as it takes to copy
 * one buffer. Chains that wait are never the guest's to lose: what the end has not taken stays where it is.
 */
final class ConsolePort implements ConsoleLine {
    /** The device, which hears what an end says of itself; called without the port's lock. */
    interface Listener {
        void resized(int columns, int rows);

        void hostOpen(boolean open);
    }

    private static final int PIECE = 16 << 10;
    private static final int EMERGENCY = 1 << 10;

    private final ConsoleEnd end;
    private final Listener listener;
    private final byte[] piece = new byte[PIECE];
    private final byte[] emergency = new byte[EMERGENCY];
    private final ArrayDeque<DescriptorChain> empty = new ArrayDeque<>();
    private final ArrayDeque<DescriptorChain> full = new ArrayDeque<>();
    private @Nullable QueueContext receive;
    private @Nullable QueueContext transmit;
    private long taken;
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

    // Chains of the guest, from the worker.

    /** A buffer for input. */
    synchronized void addEmpty(DescriptorChain chain, QueueContext context) {
        if (chain.writableLength() == 0) {
            throw new VirtqueueException("a receive buffer of a console port that the device cannot write");
        }
        receive = context;
        empty.add(chain);
        wantInput();
    }

    /** Output: the end takes it now, or it waits for the end. */
    synchronized void addFull(DescriptorChain chain, QueueContext context) {
        if (chain.readableLength() == 0) {
            throw new VirtqueueException("output of a console port that the device cannot read");
        }
        transmit = context;
        full.add(chain);
        if (full.size() == 1) {
            writeOut();
        }
    }

    /** Gives back every chain of a queue that is being reset. */
    synchronized void release(QueueContext context, boolean emptyOnes) {
        ArrayDeque<DescriptorChain> waiting = emptyOnes ? empty : full;
        for (DescriptorChain next = waiting.poll(); next != null; next = waiting.poll()) {
            context.push(next, 0);
        }
        if (!emptyOnes) {
            taken = 0;
        }
    }

    /** Whether the guest has somebody at its side of the port; input waits at the end until it has. */
    synchronized void guestOpen(boolean open) {
        guestOpen = open;
        wantInput();
    }

    private void wantInput() {
        if (guestOpen && inputRefused && !empty.isEmpty() && !closed) {
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

    // The end.

    @Override
    public synchronized void outputWanted() {
        writeOut();
    }

    private void writeOut() {
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
    public synchronized int input(byte[] bytes, int start, int length) {
        int done = 0;
        while (done < length && guestOpen && !empty.isEmpty() && !closed) {
            DescriptorChain next = empty.remove();
            int here = (int) Math.min(length - done, next.writableLength());
            try {
                next.write(0, bytes, start + done, here);
            } catch (RuntimeException | InternalError memoryGone) {
                here = 0;
            }
            requireNonNull(receive).complete(next, here);
            done += here;
        }
        received += done;
        inputRefused |= done < length;
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

    /** Closes the end; chains that wait are still to be released. */
    void close() {
        synchronized (this) {
            closed = true;
        }
        end.close();
    }
}
