// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.OutgoingFrame;
import dev.paravirt.guest.driver.ReceivedFrame;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A virtio network device. */
final class VirtioStation implements Station {
    private static final int BATCH = 64;
    private static final String LOST = "a frame was lost on the way from the virtio network device";
    private static final String STUCK = "the virtio network device does not take frames any more";

    private final NetDriver driver;
    private final Waiting waiting;
    private final @Nullable ReceivedFrame[] received = new @Nullable ReceivedFrame[BATCH];
    private int count;
    private int next;

    VirtioStation(NetDriver driver, Waiting waiting) {
        this.driver = driver;
        this.waiting = waiting;
    }

    @Override
    public void send(byte[] frame, int length) throws IOException {
        OutgoingFrame free = driver.take(0);
        if (free == null) {
            flush();
            free = awaitFree();
        }
        driver.send(free.put(frame, 0, length));
    }

    private OutgoingFrame awaitFree() throws IOException {
        long start = System.nanoTime();
        OutgoingFrame free = driver.take(0);
        while (free == null) {
            Patience.require(System.nanoTime() - start < Patience.NANOS, STUCK);
            if (waiting == Waiting.INTERRUPTS) {
                driver.awaitTransmit(0, Patience.NANOS);
            } else {
                Thread.onSpinWait();
            }
            free = driver.take(0);
        }
        return free;
    }

    @Override
    public void flush() {
        driver.kick(0);
    }

    @Override
    public boolean hasReceived() {
        return next < count || fetch();
    }

    private boolean fetch() {
        next = 0;
        count = driver.receive(0, received);
        return count > 0;
    }

    @Override
    public int receive(byte[] frame) throws IOException {
        if (next == count) {
            await();
        }
        ReceivedFrame got = received[next];
        Patience.require(got != null, LOST);
        next++;
        int length = got.length();
        got.get(0, frame, 0, length);
        driver.release(got);
        return length;
    }

    private void await() throws IOException {
        if (waiting == Waiting.POLLING) {
            Patience.spin(this::fetch, LOST);
        } else if (!fetch()) {
            Patience.require(driver.awaitReceive(0, Patience.NANOS), LOST);
            fetch();
        }
    }
}
