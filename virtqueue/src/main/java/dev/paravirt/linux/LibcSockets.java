// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The C library's calls for waiting and for sockets, with the conventions of {@link Libc}. */
final class LibcSockets {
    private LibcSockets() {}

    static int eventfd(int initial, int flags) {
        class Linked {
            static final MethodHandle EVENTFD = Libc.handle("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.EVENTFD.invokeExact(scratch.callState, initial, flags));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static int pipe2(MemorySegment descriptors, int flags) {
        class Linked {
            static final MethodHandle PIPE2 = Libc.handle("pipe2", JAVA_INT, ADDRESS, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.PIPE2.invokeExact(scratch.callState, descriptors, flags));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static int epollCreate1(int flags) {
        class Linked {
            static final MethodHandle EPOLL_CREATE1 = Libc.handle("epoll_create1", JAVA_INT, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.EPOLL_CREATE1.invokeExact(scratch.callState, flags));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static int epollCtl(int epoll, int operation, int fd, MemorySegment event) {
        class Linked {
            static final MethodHandle EPOLL_CTL =
                    Libc.handle("epoll_ctl", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.EPOLL_CTL.invokeExact(scratch.callState, epoll, operation, fd, event));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static int epollWait(int epoll, MemorySegment events, int capacity, int timeoutMillis) {
        class Linked {
            static final MethodHandle EPOLL_WAIT =
                    Libc.handle("epoll_wait", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result(
                    (int) Linked.EPOLL_WAIT.invokeExact(scratch.callState, epoll, events, capacity, timeoutMillis));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static int ppoll(MemorySegment descriptors, long count, MemorySegment timeout, MemorySegment signals) {
        class Linked {
            static final MethodHandle PPOLL = Libc.handle("ppoll", JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result(
                    (int) Linked.PPOLL.invokeExact(scratch.callState, descriptors, count, timeout, signals));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static int socket(int domain, int type, int protocol) {
        class Linked {
            static final MethodHandle SOCKET = Libc.handle("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.SOCKET.invokeExact(scratch.callState, domain, type, protocol));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static int socketpair(int domain, int type, int protocol, MemorySegment descriptors) {
        class Linked {
            static final MethodHandle SOCKETPAIR =
                    Libc.handle("socketpair", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result(
                    (int) Linked.SOCKETPAIR.invokeExact(scratch.callState, domain, type, protocol, descriptors));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static int bind(int fd, MemorySegment address, int length) {
        class Linked {
            static final MethodHandle BIND = Libc.handle("bind", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.BIND.invokeExact(scratch.callState, fd, address, length));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static int listen(int fd, int backlog) {
        class Linked {
            static final MethodHandle LISTEN = Libc.handle("listen", JAVA_INT, JAVA_INT, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.LISTEN.invokeExact(scratch.callState, fd, backlog));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static int accept4(int fd, MemorySegment address, MemorySegment length, int flags) {
        class Linked {
            static final MethodHandle ACCEPT4 = Libc.handle("accept4", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.ACCEPT4.invokeExact(scratch.callState, fd, address, length, flags));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static int connect(int fd, MemorySegment address, int length) {
        class Linked {
            static final MethodHandle CONNECT = Libc.handle("connect", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.CONNECT.invokeExact(scratch.callState, fd, address, length));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static int shutdown(int fd, int how) {
        class Linked {
            static final MethodHandle SHUTDOWN = Libc.handle("shutdown", JAVA_INT, JAVA_INT, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((int) Linked.SHUTDOWN.invokeExact(scratch.callState, fd, how));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static int getsockopt(int fd, int level, int option, MemorySegment value, MemorySegment length) {
        class Linked {
            static final MethodHandle GETSOCKOPT =
                    Libc.handle("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result(
                    (int) Linked.GETSOCKOPT.invokeExact(scratch.callState, fd, level, option, value, length));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    static long send(int fd, MemorySegment bytes, long length, int flags) {
        class Linked {
            static final MethodHandle SEND = Libc.handle("send", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((long) Linked.SEND.invokeExact(scratch.callState, fd, bytes, length, flags));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    /** As in {@link Libc#pread}, the bytes are passed to keep their memory alive. */
    static long sendmsg(int fd, MemorySegment message, int flags, MemorySegment bytes) {
        class Linked {
            static final MethodHandle SENDMSG = Libc.handle("sendmsg", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((long) Linked.SENDMSG.invokeExact(scratch.callState, fd, message, flags, bytes));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }

    /** As in {@link Libc#pread}, the bytes are passed to keep their memory alive. */
    static long recvmsg(int fd, MemorySegment message, int flags, MemorySegment bytes) {
        class Linked {
            static final MethodHandle RECVMSG = Libc.handle("recvmsg", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
        }
        Scratch scratch = Scratch.ofThread();
        try {
            return scratch.result((long) Linked.RECVMSG.invokeExact(scratch.callState, fd, message, flags, bytes));
        } catch (Throwable failure) {
            throw Libc.unexpected(failure);
        }
    }
}
