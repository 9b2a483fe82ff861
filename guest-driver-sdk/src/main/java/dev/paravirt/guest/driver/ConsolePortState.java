// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.spec.console.ConsoleControl;

/** What a driver knows of one port, and what it still has to tell the device about it. */
final class ConsolePortState {
    private static final int NAME_BYTES = 128;
    private static final byte UNPRINTABLE = '?';

    final ConsoleStream stream;
    private final byte[] name = new byte[NAME_BYTES];
    private int nameLength;
    boolean present;
    boolean console;
    boolean hostOpen;
    boolean guestOpen;
    int columns;
    int rows;

    /** The device knows of the receive buffers; it keeps them when the port goes. */
    private boolean begun;

    private boolean tellReady;
    private boolean tellOpen;

    ConsolePortState(ConsoleStream stream) {
        this.stream = stream;
    }

    /** The device has been reset, and has no ports. */
    void reset() {
        forget();
        begun = false;
        stream.fill();
    }

    private void forget() {
        present = false;
        console = false;
        hostOpen = false;
        guestOpen = false;
        columns = 0;
        rows = 0;
        nameLength = 0;
        tellReady = false;
        tellOpen = false;
    }

    void added() {
        forget();
        present = true;
        tellReady = true;
        if (!begun) {
            begun = true;
            stream.begin();
        }
    }

    void removed() {
        forget();
        stream.discardInput();
    }

    void open(boolean open) {
        guestOpen = open;
        tellOpen = true;
    }

    /** Whether there is something that the device is to be told. */
    boolean hasNews() {
        return tellReady || tellOpen;
    }

    /** Tells the device, as far as there is room. */
    void tell(int port, ConsoleControlQueues control) {
        if (tellReady) {
            tellReady = !control.send(port, ConsoleControl.PORT_READY, 1);
        }
        if (tellOpen && !tellReady) {
            tellOpen = !control.send(port, ConsoleControl.PORT_OPEN, guestOpen ? 1 : 0);
        }
    }

    /** Takes a name out of a message. Some devices end it with a NUL. */
    void name(byte[] message, int end) {
        int length = Math.min(end - ConsoleControl.SIZE, NAME_BYTES);
        while (length > 0 && message[ConsoleControl.SIZE + length - 1] == 0) {
            length--;
        }
        System.arraycopy(message, ConsoleControl.SIZE, name, 0, length);
        nameLength = length;
    }

    /** Whether the name is just these characters. */
    boolean isNamed(String ascii) {
        if (ascii.length() != nameLength) {
            return false;
        }
        for (int i = 0; i < nameLength; i++) {
            if (ascii.charAt(i) != name[i]) {
                return false;
            }
        }
        return true;
    }

    /** The name without what a terminal would take for commands. */
    int copyName(byte[] destination, int start) {
        for (int i = 0; i < nameLength; i++) {
            destination[start + i] = name[i] >= ' ' && name[i] < 0x7f ? name[i] : UNPRINTABLE;
        }
        return nameLength;
    }

    int nameLength() {
        return nameLength;
    }
}
