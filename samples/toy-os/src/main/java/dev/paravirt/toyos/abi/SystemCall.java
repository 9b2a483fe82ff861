// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.abi;

import org.jspecify.annotations.Nullable;

/**
 * What programs may ask of the kernel. A call is a number and four integers; addresses are offsets in the memory of the
 * calling program, from which the kernel copies and to which it copies. The result is 0 or greater, or a negated
 * {@link Errno}. Texts are UTF-8 with a length; structures are little-endian and described in {@link Layout}.
 */
public enum SystemCall {
    /** (status) does not return. */
    EXIT,
    /** (path, length, {@link OpenFlags}) returns a file descriptor; opens directories too, for READDIR. */
    OPEN,
    /** (fd) */
    CLOSE,
    /** (fd, buffer, length) returns how many bytes, 0 at the end. Descriptor 0 is what a program was told to read. */
    READ,
    /** (fd, buffer, length) returns {@code length}. Descriptor 1 is for results, 2 for complaints. */
    WRITE,
    /** (fd, position) sets where READ and WRITE go on. */
    SEEK,
    /** (fd, size) cuts or extends a file. */
    TRUNCATE,
    /** (path, length, buffer, size of buffer) writes a {@link Layout file status}, returns its length. */
    STAT,
    /** (fd, buffer, size of buffer) writes the next file status, returns its length; 0 at the end. */
    READDIR,
    /** (from, length, to, length) replaces a file of that name. */
    RENAME,
    /** (path, length) */
    UNLINK,
    /** (path, length) */
    MKDIR,
    /** (path, length) */
    RMDIR,
    /** () makes everything durable. */
    SYNC,
    /** (buffer) writes {total bytes, free bytes}. */
    STATFS,
    /** (0 monotonic, in ns; 1 since 1970, in ms; 2 since the system was started, in ns) */
    CLOCK,
    /** () lets other tasks run. */
    YIELD,
    /** (nanoseconds) */
    SLEEP,
    /** (index, buffer, size of buffer) writes a {@link Layout task status}, returns its length; 0 behind the last. */
    TASK,
    /** (command line, length) starts a program, returns its task number. */
    SPAWN,
    /** (task number, 1 to just look) waits for the end of a child, returns its exit status. */
    WAIT,
    /** (buffer) runs a {@link Layout block workload} and writes its results behind it. */
    WORKLOAD,
    /**
     * (words, length, descriptors, group) starts a program, returns its task number. Each word ends in a 0 byte, the first
     * is the program's name. The caller's descriptors that become 0, 1 and 2 are given in 16 bits each, from the lowest.
     * The group is that of a task started before; 0 for the caller's own, -1 for a new one.
     */
    START,
    /** (task number, exit status) ends a program, at the latest at its next system call. */
    KILL,
    /** (path, length) sets where paths start that do not start at the root. */
    CHDIR,
    /** (buffer, size of buffer) writes the path set last, returns its length. */
    GETCWD,
    /** (buffer) writes two descriptors, u32 each: what is written to the second is read from the first. */
    PIPE,
    /** ({@link TerminalRequest}, argument) */
    TERMINAL,
    /** (text, length) tells the host something that is not for the person at the terminal. */
    REPORT,
    /** (index, buffer, size of buffer) writes a line of the kernel's log, returns its length + 1; 0 behind the last. */
    LOG,
    /** (index, buffer, size of buffer) writes a {@link Layout device status}, returns its length; 0 behind the last. */
    DEVICE,
    /** (exit status) ends all programs, and the machine. Does not return. */
    POWEROFF,
    /** (IPv4 address, port, ns) connects by TCP within the time, returns a descriptor to READ, WRITE and CLOSE. */
    CONNECT,
    /** (port, connections that may wait) returns a descriptor to ACCEPT from. */
    LISTEN,
    /** (fd, buffer) returns the descriptor of the next connection, and writes the peer's {@link Layout endpoint}. */
    ACCEPT,
    /** (port, or 0 for any) returns a descriptor to SEND datagrams from and RECEIVE them, by UDP. */
    BIND,
    /**
     * (fd, buffer, length, address of an {@link Layout endpoint}) sends one datagram, whole. On a connection, for which
     * there is no endpoint, sends what there is room for, and returns how much that is.
     */
    SEND,
    /**
     * (fd, buffer, size, buffer for an {@link Layout endpoint}) writes the next datagram and from whom it is; returns its
     * length, which is larger than the size if it was cut.
     */
    RECEIVE,
    /** (fd) ends our stream to the peer; the peer's is still read. */
    SHUTDOWN,
    /** (fd, ns) how long calls on a socket wait: 0 for not at all, negative, as at first, for ever. */
    TIMEOUT,
    /** (entries, count, ns or a negative number) waits until one of several {@link Layout sockets} is ready. */
    POLL,
    /** (name, length, buffer, size) looks up a host, writes IPv4 addresses of 4 bytes each, returns how many. */
    RESOLVE,
    /** (IPv4 address, bytes of payload, ns) asks for an echo, returns how long it took in ns. */
    PING,
    /** (fd, buffer) writes our and the peer's {@link Layout endpoint}, or ours alone. */
    ENDPOINTS,
    /** (buffer, size) writes the {@link Layout interface status}, returns its length. */
    INTERFACE,
    /** (index, buffer, size) writes a {@link Layout counter} of the network, returns its length; 0 behind the last. */
    COUNTER;

    private static final SystemCall[] ALL = values();

    public int number() {
        return ordinal();
    }

    public static @Nullable SystemCall of(int number) {
        return number >= 0 && number < ALL.length ? ALL[number] : null;
    }
}
