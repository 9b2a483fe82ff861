// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.util.List;

/**
 * What one receive of a {@link UnixSocket} brought: some bytes, in the caller's buffer, and the descriptors that came
 * with them. Closing it closes every descriptor that nobody took, so that a message which is rejected half-way leaks
 * nothing: use it in a try-with-resources statement, and take descriptors when the message has been checked.
 */
public final class ReceivedMessage implements AutoCloseable {
    private final int length;
    private final FileDescriptor[] descriptors;
    private final boolean[] taken;

    ReceivedMessage(int length, List<FileDescriptor> descriptors) {
        this.length = length;
        this.descriptors = descriptors.toArray(FileDescriptor[]::new);
        this.taken = new boolean[descriptors.size()];
    }

    /** Returns the number of bytes; 0 is the end of the stream: the peer closed, or died. */
    public int length() {
        return length;
    }

    /** Returns whether the peer closed, or died. */
    public boolean isEndOfStream() {
        return length == 0;
    }

    /** Returns how many descriptors came, taken or not. */
    public int descriptorCount() {
        return descriptors.length;
    }

    /**
     * Hands a descriptor over to the caller, who closes it from then on.
     *
     * @param index in the order of the sender, from 0
     * @throws IndexOutOfBoundsException if there is none
     * @throws IllegalStateException if it was taken before
     */
    public FileDescriptor take(int index) {
        FileDescriptor descriptor = descriptors[index];
        if (taken[index]) {
            throw new IllegalStateException("descriptor " + index + " was taken before");
        }
        taken[index] = true;
        return descriptor;
    }

    @Override
    public void close() {
        for (int index = 0; index < descriptors.length; index++) {
            if (!taken[index]) {
                descriptors[index].close();
            }
        }
    }
}
