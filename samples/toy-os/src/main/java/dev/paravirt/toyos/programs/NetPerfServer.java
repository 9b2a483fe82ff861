// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;

/** The other side of {@link NetPerf}: a sink and a source by TCP, several clients at once, and a sink by UDP. */
final class NetPerfServer {
    private static final int MOST_CLIENTS = 60;
    private static final int FIXED = 3;
    private static final int SINK = 0;
    private static final int SOURCE = 1;
    private static final int DATAGRAMS = 2;
    private static final int END_MARK = 4;
    /** So that one descriptor does not keep the others waiting for long. */
    private static final int DATAGRAMS_A_TURN = 64;

    private final UserSpace user;
    private final Sockets sockets;
    private final int[] descriptors = new int[FIXED + MOST_CLIENTS];
    private final boolean[] sends = new boolean[FIXED + MOST_CLIENTS];
    private final int[] ready = new int[FIXED + MOST_CLIENTS];
    private int count = FIXED;
    private long datagrams;

    NetPerfServer(UserSpace user) {
        this.user = user;
        sockets = new Sockets(user);
    }

    int serve(int port, int connections) throws UserException {
        descriptors[SINK] = sockets.listen(port, MOST_CLIENTS);
        descriptors[SOURCE] = sockets.listen(port + 1, MOST_CLIENTS);
        descriptors[DATAGRAMS] = sockets.bind(port);
        for (int i = 0; i < FIXED; i++) {
            sockets.timeout(descriptors[i], 0);
        }
        user.print("netperf: taking on port " + port + ", giving on port " + (port + 1));
        int left = connections;
        while (left > 0) {
            for (int i = 0; i < count; i++) {
                ready[i] = sends[i] ? Layout.POLL_WRITABLE : Layout.POLL_READABLE;
            }
            sockets.poll(descriptors, ready, count, Sockets.FOREVER);
            for (int i = count - 1; i >= FIXED; i--) {
                if (ready[i] != 0 && !serve(i)) {
                    user.close(descriptors[i]);
                    count--;
                    descriptors[i] = descriptors[count];
                    sends[i] = sends[count];
                    ready[i] = ready[count];
                    left--;
                }
            }
            accept(SINK);
            accept(SOURCE);
            if (ready[DATAGRAMS] != 0) {
                takeDatagrams();
            }
        }
        return 0;
    }

    private void accept(int listener) throws UserException {
        if (ready[listener] == 0 || count == descriptors.length) {
            return;
        }
        try {
            descriptors[count] = sockets.accept(descriptors[listener]).fd();
            sends[count] = listener == SOURCE;
            sockets.timeout(descriptors[count], 0);
            count++;
        } catch (UserException gone) {
            if (gone.errno() != Errno.NOT_YET) {
                throw gone;
            }
        }
    }

    /** Returns whether the client is still there. */
    private boolean serve(int index) {
        try {
            if (sends[index]) {
                sockets.writeSome(descriptors[index], UserSpace.BUFFER, UserSpace.BUFFER_SIZE);
                return true;
            }
            return user.read(descriptors[index]) > 0;
        } catch (UserException gone) {
            return gone.errno() == Errno.NOT_YET;
        }
    }

    private void takeDatagrams() throws UserException {
        for (int i = 0; i < DATAGRAMS_A_TURN; i++) {
            Sockets.Received received;
            try {
                received = sockets.receive(descriptors[DATAGRAMS], UserSpace.BUFFER, UserSpace.BUFFER_SIZE);
            } catch (UserException none) {
                if (none.errno() != Errno.NOT_YET) {
                    throw none;
                }
                return;
            }
            if (received.length() != END_MARK) {
                datagrams++;
                continue;
            }
            user.putLong(UserSpace.BUFFER, datagrams);
            sockets.send(descriptors[DATAGRAMS], received.from(), UserSpace.BUFFER, Long.BYTES);
        }
    }
}
