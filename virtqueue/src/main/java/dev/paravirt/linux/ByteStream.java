// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads from and writes to what has no positions: a terminal, a pipe, a socket. For one thread at a time; neither call
 * allocates.
 */
public final class ByteStream {
    /** What {@link #read} returns at the end of the file. */
    public static final int END = -1;

    private static final int CAPACITY = 64 << 10;

    private final FileDescriptor descriptor;
    private final MemorySegment buffer = Arena.ofAuto().allocate(CAPACITY);

    /** @param descriptor is not owned by this object; whether calls wait is its own affair */
    public ByteStream(FileDescriptor descriptor) {
        Linux.require();
        this.descriptor = descriptor;
    }

    /**
     * Reads what is there; waits for the first byte if the descriptor is a blocking one.
     *
     * @return bytes read, up to {@code length} and never more than 64 KiB; 0 if a call would have to wait; {@link #END} at
     *     the end of the file, which is also what the kernel calls an I/O error after a terminal was hung up
     */
    public int read(byte[] destination, int start, int length) throws LinuxException {
        long result;
        do {
            result = Libc.read(descriptor.number(), buffer, Math.min(length, CAPACITY));
        } while (result == -Errno.EINTR);
        if (result == -Errno.EAGAIN) {
            return 0;
        }
        if (result == 0 || result == -Errno.EIO) {
            return END;
        }
        int count = (int) LinuxException.check(result, "read", null);
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, destination, start, count);
        return count;
    }

    /**
     * Writes what there is room for; waits for room if the descriptor is a blocking one.
     *
     * @return bytes written, up to {@code length} and never more than 64 KiB; 0 if a call would have to wait
     */
    public int write(byte[] source, int start, int length) throws LinuxException {
        int limit = Math.min(length, CAPACITY);
        MemorySegment.copy(source, start, buffer, ValueLayout.JAVA_BYTE, 0, limit);
        long result;
        do {
            result = Libc.write(descriptor.number(), buffer, limit);
        } while (result == -Errno.EINTR);
        return result == -Errno.EAGAIN ? 0 : (int) LinuxException.check(result, "write", null);
    }

    /**
     * The descriptor as a stream that writes everything, waiting for room where it must.
     *
     * @param owned is closed with the stream
     */
    public static OutputStream output(FileDescriptor owned) {
        ByteStream stream = new ByteStream(owned);
        return new OutputStream() {
            @Override
            public void write(int value) throws LinuxException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] source, int start, int length) throws LinuxException {
                for (int done = 0; done < length; ) {
                    int written = stream.write(source, start + done, length - done);
                    done += written;
                    if (written == 0) {
                        Poll.awaitOne(owned, Constants.POLLOUT, -1);
                    }
                }
            }

            @Override
            public void close() {
                owned.close();
            }
        };
    }
}
