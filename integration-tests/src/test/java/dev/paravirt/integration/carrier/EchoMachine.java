// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.carrier;

import dev.paravirt.backend.transport.hypercall.GuestMachine;
import dev.paravirt.backend.transport.hypercall.GuestShape;
import dev.paravirt.backend.transport.hypercall.SharedGuest;
import dev.paravirt.linux.Epoll;
import dev.paravirt.linux.Eventfd;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.spec.hypercall.HypercallError;
import java.io.IOException;

/** A machine without devices: it adds one to what a call brings, and raises line N for doorbell N. */
final class EchoMachine implements GuestMachine {
    static final int LINES = 4;
    static final GuestShape SHAPE = GuestShape.of(1 << 20, LINES, LINES);
    static final int INCREMENT = 1000;

    private static final int STOP = -1;

    private final SharedGuest guest;
    private final Epoll epoll;
    private final Eventfd stop;
    private final Thread worker;

    EchoMachine(SharedGuest guest) throws IOException {
        this.guest = guest;
        this.epoll = Epoll.create(LINES + 1);
        this.stop = Eventfd.create();
        epoll.add(stop.descriptor(), STOP);
        for (int doorbell = 0; doorbell < LINES; doorbell++) {
            epoll.addEdgeTriggered(guest.doorbell(doorbell), doorbell);
        }
        worker = Thread.ofPlatform().name("echo-worker").start(this::work);
    }

    private void work() {
        try {
            while (true) {
                int ready = epoll.await(-1);
                for (int result = 0; result < ready; result++) {
                    int doorbell = (int) epoll.token(result);
                    if (doorbell == STOP) {
                        return;
                    }
                    guest.raise(doorbell, 1);
                }
            }
        } catch (LinuxException failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Override
    public long hypercall(int number, long a0, long a1, long a2, long a3) {
        return number == INCREMENT ? a0 + 1 : HypercallError.NOT_SUPPORTED;
    }

    @Override
    public void close() {
        try {
            stop.signal();
            worker.join();
        } catch (LinuxException | InterruptedException failure) {
            throw new IllegalStateException(failure);
        }
        epoll.close();
        stop.close();
    }
}
