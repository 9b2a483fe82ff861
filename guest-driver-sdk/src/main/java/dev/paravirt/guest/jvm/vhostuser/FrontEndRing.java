// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.vhostuser.Message;
import java.io.IOException;

/** A ring as the back-end is told of it ("Ring states"). */
final class FrontEndRing {
    /** Of a packed ring, both counters at 0 and both wrap counters at 1 ("A vring state description"). */
    private static final int PACKED_START = 0x8000_8000;

    private final DriverVirtqueue queue;
    private final DeviceLine line;
    private final Eventfd kick;
    private final boolean packed;

    FrontEndRing(DriverVirtqueue queue, DeviceLine line, Eventfd kick, boolean packed) {
        this.queue = queue;
        this.line = line;
        this.kick = kick;
        this.packed = packed;
    }

    int index() {
        return queue.index();
    }

    DeviceLine line() {
        return line;
    }

    /** Describes the ring, which is empty, and starts it. */
    void start(BackEndConnection connection, FileDescriptor error) throws IOException {
        int index = index();
        connection.tell(FrontEndRequest.SET_VRING_NUM, Message.vringState(index, queue.size()));
        connection.tell(FrontEndRequest.SET_VRING_BASE, Message.vringState(index, packed ? PACKED_START : 0));
        connection.tell(
                FrontEndRequest.SET_VRING_ADDR,
                Message.payload(Payload.ADDRESS_SIZE)
                        .putInt(Payload.VRING_INDEX, index)
                        .putLong(Payload.ADDRESS_DESCRIPTOR, queue.descriptorArea())
                        .putLong(Payload.ADDRESS_USED, queue.deviceArea())
                        .putLong(Payload.ADDRESS_AVAILABLE, queue.driverArea()));
        connection.tell(FrontEndRequest.SET_VRING_ERR, Message.payloadOf(index), error);
        connection.tell(FrontEndRequest.SET_VRING_CALL, Message.payloadOf(index), line.call());
        connection.tell(FrontEndRequest.SET_VRING_KICK, Message.payloadOf(index), kick.descriptor());
    }

    void enable(BackEndConnection connection) throws IOException {
        connection.tell(FrontEndRequest.SET_VRING_ENABLE, Message.vringState(index(), 1));
    }
}
