// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;

/** The connection, or the datagrams, whose speed is measured. */
final class IperfStream {
    private static final int TCP_BLOCK = 128 << 10;
    private static final long CONNECT_PATIENCE = 10 * Sockets.SECOND;
    /** What both sides say before the first datagram, in the byte order of their machines. */
    private static final long HELLO = 0x36373839;

    private static final int HELLO_TRIES = 10;
    private static final long HELLO_PATIENCE = Sockets.SECOND;
    private static final int SECONDS = UserSpace.BUFFER;
    private static final int MICROS = UserSpace.BUFFER + 4;
    private static final int NUMBER = UserSpace.BUFFER + 8;
    /** Bytes that are sent at once to catch up, at most: more would only overflow queues. */
    private static final long MOST_LATE = 64 << 10;

    private static final long LOOK_AROUND = Sockets.SECOND / 10;

    private final UserSpace user;
    private final Sockets sockets;
    private final IperfTest test;
    private int fd = -1;
    private long bytes;
    private long packets;
    private long lost;
    private long started;
    private long nanos = 1;

    IperfStream(UserSpace user, Sockets sockets, IperfTest test) {
        this.user = user;
        this.sockets = sockets;
        this.test = test;
    }

    long bytes() {
        return bytes;
    }

    long packets() {
        return packets;
    }

    long lost() {
        return lost;
    }

    long nanos() {
        return nanos;
    }

    void open(byte[] cookie) throws UserException {
        if (!test.udp()) {
            fd = sockets.connect(test.server().address(), test.server().port(), CONNECT_PATIENCE);
            System.arraycopy(cookie, 0, user.memory(), UserSpace.BUFFER, cookie.length);
            user.write(fd, cookie.length);
            return;
        }
        fd = sockets.bind(0);
        sockets.timeout(fd, HELLO_PATIENCE);
        for (int i = 0; i < HELLO_TRIES; i++) {
            user.putLong(UserSpace.BUFFER, HELLO);
            sockets.send(fd, test.server(), UserSpace.BUFFER, Integer.BYTES);
            try {
                sockets.receive(fd, UserSpace.BUFFER, Integer.BYTES);
                return;
            } catch (UserException late) {
                if (late.errno() != Errno.TIMED_OUT) {
                    throw late;
                }
            }
        }
        throw new UserException("the server does not answer by UDP", Errno.TIMED_OUT);
    }

    /** Sends or receives for as long as was agreed, or until the server has something to say. */
    void run(int control) throws UserException {
        started = user.monotonicNanos();
        long end = started + test.seconds() * Sockets.SECOND;
        if (test.reverse()) {
            receive(control, end);
        } else if (test.udp()) {
            sendDatagrams(end);
        } else {
            while (user.monotonicNanos() < end) {
                user.write(fd, TCP_BLOCK);
                bytes += TCP_BLOCK;
            }
        }
        nanos = Math.max(1, user.monotonicNanos() - started);
    }

    private void sendDatagrams(long end) throws UserException {
        long now = started;
        long missed = 0;
        while (now < end) {
            long due = test.bitsPerSecond() == 0
                    ? Long.MAX_VALUE
                    : (long) ((now - started) / 1e9 * test.bitsPerSecond() / 8) - missed;
            if (bytes > due) {
                user.sleep(Math.max(1, (long) ((bytes - due) * 8e9 / test.bitsPerSecond())));
                now = user.monotonicNanos();
                continue;
            }
            missed += test.bitsPerSecond() == 0 ? 0 : Math.max(0, due - bytes - MOST_LATE);
            packets++;
            IperfTest.putInt(user.memory(), SECONDS, (int) (now / Sockets.SECOND));
            IperfTest.putInt(user.memory(), MICROS, (int) (now % Sockets.SECOND / 1000));
            IperfTest.putInt(user.memory(), NUMBER, (int) packets);
            sockets.send(fd, test.server(), UserSpace.BUFFER, IperfTest.DATAGRAM);
            bytes += IperfTest.DATAGRAM;
            now = user.monotonicNanos();
        }
    }

    private void receive(int control, long end) throws UserException {
        int[] descriptors = {fd, control};
        int[] ready = new int[2];
        while (user.monotonicNanos() < end) {
            ready[0] = Layout.POLL_READABLE;
            ready[1] = Layout.POLL_READABLE;
            sockets.poll(descriptors, ready, 2, LOOK_AROUND);
            if (ready[1] != 0) {
                return;
            }
            if (ready[0] != 0 && !receiveSome()) {
                return;
            }
        }
    }

    private boolean receiveSome() throws UserException {
        if (!test.udp()) {
            int count = user.read(fd);
            bytes += count;
            return count > 0;
        }
        Sockets.Received datagram = sockets.receive(fd, UserSpace.BUFFER, UserSpace.BUFFER_SIZE);
        packets++;
        bytes += datagram.length();
        if (datagram.length() >= NUMBER + Integer.BYTES - UserSpace.BUFFER) {
            long highest = IperfTest.getInt(user.memory(), NUMBER);
            lost = Math.max(lost, highest - packets);
        }
        return true;
    }

    String results() {
        long errors = test.reverse() ? lost : 0;
        return "{\"cpu_util_total\":0,\"cpu_util_user\":0,\"cpu_util_system\":0,\"sender_has_retransmits\":0,"
                + "\"streams\":[{\"id\":1,\"bytes\":" + bytes + ",\"retransmits\":-1,\"jitter\":0,\"errors\":" + errors
                + ",\"packets\":" + (packets + errors) + ",\"start_time\":0,\"end_time\":" + nanos / 1e9
                + "}]}";
    }

    void close() throws UserException {
        user.close(fd);
    }
}
