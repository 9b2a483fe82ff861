// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.ring.SplitLayout;
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
    private final SharedMemory memory;

    FrontEndRing(DriverVirtqueue queue, DeviceLine line, Eventfd kick, FeatureBits features, SharedMemory memory) {
        this.queue = queue;
        this.line = line;
        this.kick = kick;
        this.packed = features.has(Features.RING_PACKED);
        this.memory = memory;
    }

    int index() {
        return queue.index();
    }

    int size() {
        return queue.size();
    }

    /**
     * Describes the ring and starts it.
     *
     * @param resuming whether it may have something in it. A back-end that tracks what is in flight then knows better
     *     than we where it stands; the others begin behind what is used.
     */
    void start(BackEndConnection connection, boolean resuming, FileDescriptor error) throws IOException {
        int index = index();
        connection.tell(FrontEndRequest.SET_VRING_NUM, Message.vringState(index, queue.size()));
        connection.tell(FrontEndRequest.SET_VRING_BASE, Message.vringState(index, base(resuming)));
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

    private int base(boolean resuming) {
        if (packed) {
            return PACKED_START;
        }
        return resuming ? memory.le16(queue.deviceArea() + SplitLayout.USED_IDX) : 0;
    }

    void enable(BackEndConnection connection) throws IOException {
        connection.tell(FrontEndRequest.SET_VRING_ENABLE, Message.vringState(index(), 1));
    }

    /** Makes both sides look: a notification may have been lost with the back-end that it came from, or was for. */
    void ringBoth() throws LinuxException {
        kick.signal();
        line.raise(InterruptStatus.USED_BUFFER);
    }
}
