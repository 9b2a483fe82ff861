// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.vhostuser;

import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.spec.vhostuser.MessageHeader;
import dev.paravirt.spec.vhostuser.Payload;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message that was received, with a copy of its payload: the peer cannot change it any more. Closing it closes every
 * descriptor that nobody took, so use it in a try-with-resources statement. For one thread.
 */
public final class Message implements AutoCloseable {
    private final int request;
    private final int flags;
    private final ByteBuffer payload;
    private final @Nullable FileDescriptor[] descriptors;

    Message(int request, int flags, byte[] payload, List<FileDescriptor> descriptors) {
        this.request = request;
        this.flags = flags;
        this.payload = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
        this.descriptors = descriptors.toArray(new @Nullable FileDescriptor[0]);
    }

    /** An empty payload of some size, to fill and to send. */
    public static ByteBuffer payload(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A payload that is one u64, to send. */
    public static ByteBuffer payloadOf(long value) {
        return payload(Payload.U64_SIZE).putLong(0, value);
    }

    /** A payload that is a vring state description, to send. */
    public static ByteBuffer vringState(int index, int number) {
        return payload(Payload.VRING_STATE_SIZE)
                .putInt(Payload.VRING_INDEX, index)
                .putInt(Payload.VRING_NUM, number);
    }

    /** Type of the request: any number. */
    public int request() {
        return request;
    }

    /** All flags; the version is the one that there is, the other bits are as they came. */
    public int flags() {
        return flags;
    }

    /** Whether the sender waits for a reply even if the request has none of its own. */
    public boolean needsReply() {
        return (flags & MessageHeader.NEED_REPLY) != 0;
    }

    /** Bytes of the payload. */
    public int size() {
        return payload.limit();
    }

    /**
     * A le16 of the payload, 0 to 65535.
     *
     * @throws IndexOutOfBoundsException if it does not lie in the payload
     */
    public int getShort(int offset) {
        return Short.toUnsignedInt(payload.getShort(offset));
    }

    /**
     * A le32 of the payload.
     *
     * @throws IndexOutOfBoundsException if it does not lie in the payload
     */
    public int getInt(int offset) {
        return payload.getInt(offset);
    }

    /**
     * A le64 of the payload, at any alignment.
     *
     * @throws IndexOutOfBoundsException if it does not lie in the payload
     */
    public long getLong(int offset) {
        return payload.getLong(offset);
    }

    /**
     * Bytes of the payload.
     *
     * @throws IndexOutOfBoundsException if they do not lie in the payload
     */
    public byte[] getBytes(int offset, int length) {
        byte[] bytes = new byte[length];
        payload.get(offset, bytes);
        return bytes;
    }

    /** Descriptors that came with the message, taken or not. */
    public int descriptorCount() {
        return descriptors.length;
    }

    /**
     * Hands a descriptor over to the caller, who closes it from then on.
     *
     * @param index in the order of the sender, from 0
     * @throws IllegalStateException if it was taken before
     */
    public FileDescriptor take(int index) {
        FileDescriptor descriptor = descriptors[index];
        if (descriptor == null) {
            throw new IllegalStateException("descriptor " + index + " was taken before");
        }
        descriptors[index] = null;
        return descriptor;
    }

    @Override
    public void close() {
        for (FileDescriptor descriptor : descriptors) {
            if (descriptor != null) {
                descriptor.close();
            }
        }
    }
}
