// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Tells when network interfaces come, go or change, and what has become of one: those that this process sees. */
public final class LinkEvents implements AutoCloseable {
    /** What has become of an interface. */
    public enum State {
        /** There is none of this name. */
        ABSENT,
        /** It is switched off. */
        DOWN,
        /** It is switched on. */
        UP
    }

    private static final int SOCKADDR_NL_SIZE = 12;
    private static final int SOCKADDR_NL_GROUPS = 8;

    private final FileDescriptor descriptor;

    private LinkEvents(FileDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Listens from now on. Needs no privileges.
     *
     * @throws LinuxException if the process is out of descriptors
     */
    public static LinkEvents open() throws LinuxException {
        Linux.require();
        int type = Constants.SOCK_RAW | Constants.SOCK_CLOEXEC | Constants.SOCK_NONBLOCK;
        int fd = LibcSockets.socket(Constants.AF_NETLINK, type, Constants.NETLINK_ROUTE);
        LinkEvents events = new LinkEvents(FileDescriptor.adopt(LinuxException.check(fd, "socket(netlink)", null)));
        try (Arena local = Arena.ofConfined()) {
            MemorySegment address = local.allocate(SOCKADDR_NL_SIZE, 4);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) Constants.AF_NETLINK);
            address.set(ValueLayout.JAVA_INT, SOCKADDR_NL_GROUPS, Constants.RTMGRP_LINK);
            int result = LibcSockets.bind(fd, address, SOCKADDR_NL_SIZE);
            LinuxException.check(result, "bind(netlink)", null);
            return events;
        } catch (LinuxException | RuntimeException failure) {
            events.close();
            throw failure;
        }
    }

    /** Returns the descriptor, readable when something happened; this object goes on owning it. */
    public FileDescriptor descriptor() {
        return descriptor;
    }

    /** Forgets what happened so far: to be called before {@link #state}, so that nothing is missed. */
    public void drain() throws LinuxException {
        MemorySegment message = Scratch.ofThread().signals;
        long length;
        do {
            // What does not fit is cut off, and not looked at anyway. ENOBUFS: more happened than the socket could
            // hold.
            length = Libc.read(descriptor.number(), message, message.byteSize());
        } while (length >= 0 || length == -Errno.EINTR || length == -Errno.ENOBUFS);
        if (length != -Errno.EAGAIN) {
            throw new LinuxException("read(netlink)", null, (int) -length);
        }
    }

    /** What has become of an interface by now. */
    public State state(String name) throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment request = Tap.request(local, name);
            int result = Libc.ioctl(descriptor.number(), Constants.SIOCGIFFLAGS, request);
            if (result == -Errno.ENODEV) {
                return State.ABSENT;
            }
            LinuxException.check(result, "ioctl(SIOCGIFFLAGS) of " + name, null);
            int flags = request.get(ValueLayout.JAVA_SHORT, Constants.IFREQ_FLAGS_OFFSET);
            return (flags & Constants.IFF_UP) != 0 ? State.UP : State.DOWN;
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
