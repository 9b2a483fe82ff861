// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.fat32.FatFile;
import dev.paravirt.toyos.fat32.FileStatus;
import dev.paravirt.toyos.net.TcpListener;
import dev.paravirt.toyos.net.TcpSocket;
import dev.paravirt.toyos.net.UdpSocket;
import java.util.List;

/** What a file descriptor stands for. */
sealed interface OpenDescriptor {
    /** An open file and where reading and writing go on. */
    final class File implements OpenDescriptor {
        final FatFile file;
        final boolean append;
        long position;

        File(FatFile file, boolean append) {
            this.file = file;
            this.append = append;
        }
    }

    /** The entries of a directory as they were when it was opened. */
    final class Directory implements OpenDescriptor {
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
    }

    /** Text that goes to the hypervisor. */
    final class Console implements OpenDescriptor {}

    /** An end of the network's, and how long calls wait for it. */
    abstract sealed class Socket implements OpenDescriptor {
        /** Nanoseconds; 0 for not at all, negative for ever. */
        long timeout = -1;

        /** Whether a call to read, receive or accept would not wait. */
        abstract boolean readable();

        /** Whether a call to write or send would not wait. */
        abstract boolean writable();

        abstract void close();
    }

    /** A TCP connection. */
    final class Connection extends Socket {
        final TcpSocket socket;

        Connection(TcpSocket socket) {
            this.socket = socket;
        }

        @Override
        boolean readable() {
            return socket.readable();
        }

        @Override
        boolean writable() {
            return socket.writable();
        }

        @Override
        void close() {
            socket.close();
        }
    }

    /** A TCP port that takes connections. */
    final class Listener extends Socket {
        final TcpListener socket;

        Listener(TcpListener socket) {
            this.socket = socket;
        }

        @Override
        boolean readable() {
            return socket.pending();
        }

        @Override
        boolean writable() {
            return false;
        }

        @Override
        void close() {
            socket.close();
        }
    }

    /** A UDP port. */
    final class Datagrams extends Socket {
        final UdpSocket socket;

        Datagrams(UdpSocket socket) {
            this.socket = socket;
        }

        @Override
        boolean readable() {
            return socket.pending();
        }

        @Override
        boolean writable() {
            return socket.hasRoom();
        }

        @Override
        void close() {
            socket.close();
        }
    }

    static File file(OpenDescriptor descriptor) throws SystemCallException {
        if (descriptor instanceof File file) {
            return file;
        }
        throw new SystemCallException(descriptor instanceof Directory ? Errno.IS_A_DIRECTORY : Errno.INVALID_ARGUMENT);
    }
}
