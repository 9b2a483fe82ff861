// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.fat32.FatFile;
import dev.paravirt.toyos.fat32.FileStatus;
import java.io.IOException;
import java.util.List;

/** What file descriptors stand for. Programs that inherit a descriptor share this; the last to let go of it closes it. */
abstract class OpenDescriptor {
    private int holders;

    /** One more descriptor stands for this. */
    final void hold() {
        holders++;
    }

    /** One fewer does. */
    final void letGo() {
        holders--;
        if (holders == 0) {
            close();
        }
    }

    /**
     * Reads bytes, waiting for the first.
     *
     * @return how many, 1 to {@code length}; 0 at the end
     */
    int read(byte[] destination, int start, int length) throws IOException, SystemCallException {
        throw new SystemCallException(Errno.INVALID_ARGUMENT);
    }

    /** Writes all the bytes, waiting for room. */
    void write(byte[] source, int start, int length) throws IOException, SystemCallException {
        throw new SystemCallException(Errno.INVALID_ARGUMENT);
    }

    void seek(long position) throws SystemCallException {
        throw new SystemCallException(Errno.INVALID_ARGUMENT);
    }

    void close() {}

    /** An open file and where reading and writing go on. */
    static final class File extends OpenDescriptor {
        private final FatFile file;
        private final boolean append;
        private final KernelLock lock;
        private long position;

        /** @param lock of the volume */
        File(FatFile file, boolean append, KernelLock lock) {
            this.file = file;
            this.append = append;
            this.lock = lock;
        }

        @Override
        int read(byte[] destination, int start, int length) throws IOException {
            int count = Math.max(0, lock.with(() -> file.read(position, destination, start, length)));
            position += count;
            return count;
        }

        @Override
        void write(byte[] source, int start, int length) throws IOException {
            position = lock.with(() -> {
                long at = append ? file.size() : position;
                file.write(at, source, start, length);
                return at + length;
            });
        }

        @Override
        void seek(long newPosition) {
            position = newPosition;
        }

        void truncate(long size) throws IOException {
            lock.with(() -> {
                file.truncate(size);
                return size;
            });
        }

        @Override
        void close() {
            file.close();
        }
    }

    /** The entries of a directory as they were when it was opened. */
    static final class Directory extends OpenDescriptor {
        private final List<FileStatus> entries;
        private int next;

        Directory(List<FileStatus> entries) {
            this.entries = entries;
        }

        boolean hasNext() {
            return next < entries.size();
        }

        FileStatus peek() {
            return entries.get(next);
        }

        void advance() {
            next++;
        }

        @Override
        int read(byte[] destination, int start, int length) throws SystemCallException {
            throw new SystemCallException(Errno.IS_A_DIRECTORY);
        }

        @Override
        void write(byte[] source, int start, int length) throws SystemCallException {
            throw new SystemCallException(Errno.IS_A_DIRECTORY);
        }
    }

    /** Text that goes to the hypervisor. */
    static final class EarlyConsole extends OpenDescriptor {
        private final Console console;

        EarlyConsole(Console console) {
            this.console = console;
        }

        @Override
        int read(byte[] destination, int start, int length) {
            return 0;
        }

        @Override
        void write(byte[] source, int start, int length) {
            console.print(source, start, length);
        }
    }

    static File file(OpenDescriptor descriptor) throws SystemCallException {
        if (descriptor instanceof File file) {
            return file;
        }
        throw new SystemCallException(descriptor instanceof Directory ? Errno.IS_A_DIRECTORY : Errno.INVALID_ARGUMENT);
    }
}
