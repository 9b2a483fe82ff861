// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.spec.ring.RingIndex;
import org.jspecify.annotations.Nullable;

/** What a front-end has said of one ring. Control thread only. */
final class Vring {
    private static final int NEVER = -1;

    int size;

    /** User addresses. */
    long descriptorArea;

    long driverArea;
    long deviceArea;
    boolean hasAddresses;

    /** A kick descriptor, or word that there is none, has come since the ring was last stopped. */
    boolean started;

    boolean enabled;

    /** The device serves it. */
    boolean running;

    @Nullable
    FileDescriptor kick;

    boolean polled;

    private int position;
    private boolean isFromFrontEnd;
    private int lastTold = NEVER;

    /** What runs when the kick descriptor rings: one object, by which it is found again. */
    final Runnable kicked;

    Vring(Runnable kicked) {
        this.kicked = kicked;
    }

    /** The front-end says where the ring stands. */
    void base(int base) {
        position = base;
        isFromFrontEnd = base != lastTold;
    }

    /** The device has stopped there. */
    void stoppedAt(int where) {
        position = where;
        isFromFrontEnd = false;
    }

    /** Tells the front-end where the ring stands. */
    int tellBase() {
        lastTold = position;
        return position;
    }

    /**
     * Where the device is to start. The wrap counter of a packed ring is 1 at first, but some front-ends, such as
     * User-Mode Linux, say 0 for that; one that we never told of a position 0 can mean nothing else.
     */
    int start(boolean packed) {
        return packed && isFromFrontEnd && position == 0 ? RingIndex.FIRST_POSITION : position;
    }

    @Override
    public String toString() {
        return "size " + Integer.toUnsignedString(size) + ", user addresses 0x" + Long.toHexString(descriptorArea)
                + ", 0x" + Long.toHexString(driverArea) + " and 0x" + Long.toHexString(deviceArea) + ", base "
                + Integer.toUnsignedString(position);
    }
}
