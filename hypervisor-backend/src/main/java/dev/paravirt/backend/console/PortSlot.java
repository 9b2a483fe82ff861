// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.VirtqueueException;
import dev.paravirt.spec.console.ConsoleControl;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A number that a port may have, the port that has it, and what the driver is still to be told of it. That is kept as a set
 * and not as a list of messages, so that a driver that reads none fills no memory; of changes that it was too slow for it
 * learns the last. Guarded by the device, except where something else is said.
 */
final class PortSlot {
    private static final int REMOVE = 1;
    private static final int ADD = 1 << 1;
    private static final int CONSOLE = 1 << 2;
    private static final int NAME = 1 << 3;
    private static final int RESIZE = 1 << 4;
    private static final int OPEN = 1 << 5;

    private final int number;
    private volatile @Nullable ConsolePort port;

    /** Where the port's receiveq is served; null while it is not. */
    private volatile @Nullable QueueContext receive;

    private byte[] name = {};
    private boolean console;
    private boolean hostOpen;
    private boolean sized;
    private int columns;
    private int rows;

    /** Messages that are due. */
    private int due;

    /** The driver was told that the port exists. */
    private boolean announced;

    /** The driver said that it can use it. */
    private boolean ready;

    PortSlot(int number) {
        this.number = number;
    }

    /** From any thread. */
    @Nullable
    ConsolePort port() {
        return port;
    }

    /** The worker of the port's receiveq serves it. */
    boolean serveInput(QueueContext context) {
        receive = context;
        ConsolePort now = port;
        return now != null && now.serveInput(context);
    }

    /** The port's receiveq is being reset. */
    void quiesceInput() {
        receive = null;
        ConsolePort now = port;
        if (now != null) {
            now.inputQueue(null);
        }
    }

    /** Whether a new port can have this number: the driver knows of no other that it had. */
    boolean isFree() {
        return port == null && (due & REMOVE) == 0;
    }

    void fill(ConsolePort newPort, String newName, boolean isConsole, boolean driverReady) {
        port = newPort;
        name = newName.getBytes(StandardCharsets.UTF_8);
        console = isConsole;
        hostOpen = true;
        sized = false;
        columns = 0;
        rows = 0;
        due = driverReady ? ADD : 0;
        newPort.inputQueue(receive);
    }

    void empty() {
        port = null;
        due = announced ? REMOVE : 0;
        ready = false;
    }

    /** DEVICE_READY. */
    void driverReady() {
        due = port != null ? ADD : 0;
    }

    /** PORT_READY. Returns whether that was due. */
    boolean portReady() {
        if (!announced || ready || port == null || (due & REMOVE) != 0) {
            return false;
        }
        ready = true;
        due |= (console ? CONSOLE : 0) | (name.length > 0 ? NAME : 0) | (sized ? RESIZE : 0) | (hostOpen ? OPEN : 0);
        return true;
    }

    boolean isReady() {
        return ready;
    }

    void resized(int newColumns, int newRows) {
        sized = true;
        columns = newColumns;
        rows = newRows;
        due |= ready ? RESIZE : 0;
    }

    void hostOpen(boolean open) {
        due |= ready && open != hostOpen ? OPEN : 0;
        hostOpen = open;
    }

    /** The driver is gone. */
    void reset() {
        due = 0;
        announced = false;
        ready = false;
    }

    // Another device that the guest moves to.

    void save(DataOutput state) throws IOException {
        ConsolePort now = port;
        state.writeBoolean(announced);
        state.writeBoolean(ready);
        state.writeByte(due);
        state.writeBoolean(now != null);
        if (now != null) {
            state.writeByte(name.length);
            state.write(name);
            state.writeBoolean(console);
            state.writeBoolean(now.isGuestOpen());
            now.save(state);
        }
    }

    /**
     * What {@link #save} wrote.
     *
     * @param port null if there was none
     */
    record State(
            boolean announced,
            boolean ready,
            int due,
            @Nullable PortState port) {
        static State load(DataInput state) throws IOException {
            boolean announced = state.readBoolean();
            boolean ready = state.readBoolean();
            int due = state.readUnsignedByte();
            return new State(announced, ready, due, state.readBoolean() ? PortState.load(state) : null);
        }
    }

    /** Who a port was, and what it kept. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    private record PortState(byte[] name, boolean console, boolean guestOpen, ConsolePort.State kept) {
        static PortState load(DataInput state) throws IOException {
            byte[] name = new byte[state.readUnsignedByte()];
            state.readFully(name);
            return new PortState(name, state.readBoolean(), state.readBoolean(), ConsolePort.State.load(state));
        }
    }

    /**
     * Takes over the state of the slot with the same number.
     *
     * @param multiport whether the driver is told of ports
     */
    void takeOver(PortsState all, boolean multiport) {
        State state = all.slots()[number];
        ConsolePort now = port;
        PortState before = state.port;
        boolean same = now != null
                && before != null
                && (!multiport || (before.console == console && Arrays.equals(before.name, name)));
        announced = state.announced;
        ready = same && state.ready;
        if (same && announced) {
            // What the ends say of themselves is not what the ends over there have said.
            due = ready ? state.due & (CONSOLE | NAME) | OPEN | (sized ? RESIZE : 0) : 0;
        } else {
            due = (announced ? REMOVE : 0) | (all.driverReady() && now != null ? ADD : 0);
        }
        if (now != null && before != null && same) {
            now.takeOver(before.kept);
            now.guestOpen(before.guestOpen);
        }
    }

    boolean hasMessage() {
        return due != 0;
    }

    /** Bytes of the message that is due next. */
    private int nextLength() {
        return switch (Integer.lowestOneBit(due)) {
            case NAME -> ConsoleControl.SIZE + name.length;
            case RESIZE -> ConsoleControl.RESIZE_SIZE;
            default -> ConsoleControl.SIZE;
        };
    }

    /**
     * Writes the message that is due next.
     *
     * @return its length
     * @throws VirtqueueException if there is no room for it; it stays due
     */
    int writeNext(DescriptorChain chain, byte[] message) {
        int event = Integer.lowestOneBit(due);
        int length = nextLength();
        if (chain.writableLength() < length || chain.readableLength() > 0) {
            throw new VirtqueueException("a buffer of the control receiveq of " + chain.writableLength()
                    + " bytes, where a message of " + length + " is due");
        }
        put32(message, ConsoleControl.ID, number);
        put16(message, ConsoleControl.EVENT, code(event));
        put16(message, ConsoleControl.VALUE, event == CONSOLE || (event == OPEN && hostOpen) ? 1 : 0);
        if (event == NAME) {
            System.arraycopy(name, 0, message, ConsoleControl.SIZE, name.length);
        } else if (event == RESIZE) {
            put16(message, ConsoleControl.RESIZE_COLS, columns);
            put16(message, ConsoleControl.RESIZE_ROWS, rows);
        }
        chain.write(0, message, 0, length);
        due &= ~event;
        announced = event == ADD || (event != REMOVE && announced);
        return length;
    }

    private static int code(int event) {
        return switch (event) {
            case REMOVE -> ConsoleControl.DEVICE_REMOVE;
            case ADD -> ConsoleControl.DEVICE_ADD;
            case CONSOLE -> ConsoleControl.CONSOLE_PORT;
            case NAME -> ConsoleControl.PORT_NAME;
            case RESIZE -> ConsoleControl.RESIZE;
            default -> ConsoleControl.PORT_OPEN;
        };
    }

    private static void put16(byte[] message, int offset, int value) {
        message[offset] = (byte) value;
        message[offset + 1] = (byte) (value >>> 8);
    }

    private static void put32(byte[] message, int offset, int value) {
        put16(message, offset, value);
        put16(message, offset + 2, value >>> 16);
    }
}
