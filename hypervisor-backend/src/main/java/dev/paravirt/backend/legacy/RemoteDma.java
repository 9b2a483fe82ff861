// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.spec.legacy.Ne2000;

/** The DMA channel between a card's memory and its data port ("Remote DMA"). */
final class RemoteDma {
    private static final int BYTE = 0xff;
    private static final int ADDRESS = 0xffff;

    private final CardMemory memory;
    private final ReceiveRing ring;
    private int command = Ne2000.CR_NO_DMA;
    private int address;
    private int count;
    private boolean isWide;

    RemoteDma(CardMemory memory, ReceiveRing ring) {
        this.memory = memory;
        this.ring = ring;
    }

    void setWide(boolean words) {
        isWide = words;
    }

    int address() {
        return address;
    }

    void setAddress(int value) {
        address = value & ADDRESS;
    }

    int count() {
        return count;
    }

    void setCount(int value) {
        count = value & ADDRESS;
    }

    /**
     * A command is written.
     *
     * @return whether it is complete at once
     */
    boolean start(int remoteCommand) {
        if (remoteCommand == 0) {
            return false; // not allowed, so it changes nothing
        }
        command = remoteCommand;
        if (remoteCommand == Ne2000.CR_SEND_PACKET) {
            address = ring.boundary * Ne2000.PAGE;
            count = memory.read(address + 2) | memory.read(address + 3) << 8;
        }
        return (command & Ne2000.CR_NO_DMA) == 0 && count == 0;
    }

    private boolean isReading() {
        return command == Ne2000.CR_REMOTE_READ || command == Ne2000.CR_SEND_PACKET;
    }

    boolean isActive(boolean write) {
        return count > 0 && (write ? command == Ne2000.CR_REMOTE_WRITE : isReading());
    }

    /** How many bits go over the data port at once. */
    int width() {
        return isWide ? 2 : 1;
    }

    /** Only while active. */
    int read() {
        int value;
        if (isWide) {
            int even = address & ~1;
            value = memory.read(even) | memory.read(even + 1) << 8;
        } else {
            value = memory.read(address);
        }
        advance();
        return value;
    }

    /** Only while active. */
    void write(int value) {
        if (isWide) {
            int even = address & ~1;
            memory.write(even, value & BYTE);
            memory.write(even + 1, value >> 8 & BYTE);
        } else {
            memory.write(address, value & BYTE);
        }
        advance();
    }

    private void advance() {
        address = address + width() & ADDRESS;
        if (address == ring.stop * Ne2000.PAGE) {
            address = ring.start * Ne2000.PAGE;
        }
        count = Math.max(0, count - width());
        if (count == 0 && command == Ne2000.CR_SEND_PACKET) {
            ring.boundary = memory.read(ring.boundary * Ne2000.PAGE + 1);
        }
    }
}
