// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.spec.vhostuser.FrontEndRequest;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.spec.vhostuser.ProtocolFeatures;
import dev.paravirt.vhostuser.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where a back-end notes what is in flight ("Inflight I/O tracking"). We never look into it: we keep it while no back-end
 * is there, and hand it to the next one.
 */
record InflightMemory(FileDescriptor descriptor, long size, long offset, int queues, int queueSize)
        implements AutoCloseable {
    /**
     * Asks a back-end for memory in which nothing is noted.
     *
     * @return null if the back-end does not track, or wants no memory for so many queues
     */
    static @Nullable InflightMemory ask(BackEndConnection connection, int queues, int queueSize) throws IOException {
        if (!connection.has(ProtocolFeatures.INFLIGHT_SHMFD)) {
            return null;
        }
        try (Message reply = connection.ask(
                FrontEndRequest.GET_INFLIGHT_FD,
                description(0, 0, queues, queueSize),
                Payload.INFLIGHT_LEAST_SIZE,
                Payload.INFLIGHT_SIZE,
                1)) {
            long size = reply.getLong(Payload.INFLIGHT_MMAP_SIZE);
            return reply.descriptorCount() == 0 || size == 0
                    ? null
                    : new InflightMemory(
                            reply.take(0), size, reply.getLong(Payload.INFLIGHT_MMAP_OFFSET), queues, queueSize);
        }
    }

    /** Hands it to a back-end, before any ring is started. */
    void give(BackEndConnection connection) throws IOException {
        connection.tell(FrontEndRequest.SET_INFLIGHT_FD, description(size, offset, queues, queueSize), descriptor);
    }

    private static ByteBuffer description(long size, long offset, int queues, int queueSize) {
        return Message.payload(Payload.INFLIGHT_SIZE)
                .putLong(Payload.INFLIGHT_MMAP_SIZE, size)
                .putLong(Payload.INFLIGHT_MMAP_OFFSET, offset)
                .putShort(Payload.INFLIGHT_QUEUES, (short) queues)
                .putShort(Payload.INFLIGHT_QUEUE_SIZE, (short) queueSize);
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
