// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.OutgoingFrame;
import dev.paravirt.guest.driver.ReceivedFrame;
import java.util.Random;

/**
 * One station behind a driver: sends numbered frames in bursts, never more than there is room for on the way back, and
 * checks that what comes back is complete, whole and in order.
 */
public final class NetTraffic {
    /** Number of frames that are not part of the traffic. */
    static final int HELLO = -1;

    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private final NetDriver driver;
    private final int pair;
    private final byte[] own;
    private final byte[] peer;
    private final int window;
    private final ReceivedFrame[] burst = new ReceivedFrame[7];
    private final Random random;
    private boolean polls;
    private int sent;
    private int received;

    /** @param window frames that may be under way at once */
    public NetTraffic(NetDriver driver, int pair, byte[] own, byte[] peer, int window) {
        this.driver = driver;
        this.pair = pair;
        this.own = own;
        this.peer = peer;
        this.window = window;
        this.random = new Random(pair);
    }

    /** From now on {@link #echoWithLosses} looks at the queues all the time, and waits for nothing. */
    public void poll() {
        polls = true;
    }

    /** Sends so many frames, and receives as many from the other station. */
    public void echo(int frames) {
        int end = sent + frames;
        while (sent < end || received < end) {
            send(Math.min(end, received + window));
            if (received < end) {
                receive();
            }
        }
    }

    /**
     * Sends frames until so many have come back, of which any may get lost on the way: those that arrive are whole, and
     * in order.
     */
    public void echoWithLosses(int frames) {
        int end = received + frames;
        int last = -1;
        while (received < end) {
            send(Integer.MAX_VALUE);
            if (!polls) {
                // Nothing comes if all of the burst is lost: so this waits in vain once in a while.
                driver.awaitReceive(pair, 20_000_000);
            }
            int count = driver.receive(pair, burst);
            for (int i = 0; i < count; i++) {
                byte[] bytes = NetFrames.bytes(burst[i]);
                int number = NetFrames.number(bytes);
                assertThat(number).isGreaterThan(last).isLessThan(sent);
                NetFrames.assertSame(bytes, NetFrames.frame(number, own, peer));
                last = number;
                received++;
                driver.release(burst[i]);
            }
        }
    }

    /** Sends a burst of random length, up to the frame of this number. */
    void send(int end) {
        int most = sent + 1 + random.nextInt(window);
        while (sent < end && sent < most) {
            OutgoingFrame frame = take();
            byte[] bytes = NetFrames.frame(sent++, peer, own);
            frame.put(bytes, 0, bytes.length);
            driver.send(frame);
        }
        driver.kick(pair);
    }

    private OutgoingFrame take() {
        OutgoingFrame frame = driver.take(pair);
        while (frame == null) {
            driver.kick(pair);
            if (!polls) {
                assertThat(driver.awaitTransmit(pair, PATIENCE_NANOS))
                        .as("a free buffer after %d frames", sent)
                        .isTrue();
            }
            frame = driver.take(pair);
        }
        return frame;
    }

    /** Receives at least one frame: the next of the other station's. */
    void receive() {
        assertThat(driver.awaitReceive(pair, PATIENCE_NANOS))
                .as("frame %d of %d", received, sent)
                .isTrue();
        int count = driver.receive(pair, burst);
        for (int i = 0; i < count; i++) {
            byte[] bytes = NetFrames.bytes(burst[i]);
            if (NetFrames.number(bytes) != HELLO) {
                NetFrames.assertSame(bytes, NetFrames.frame(received++, own, peer));
            }
        }
        // Held for a while, then released in another order than they came in.
        for (int i = count - 1; i >= 0; i--) {
            driver.release(burst[i]);
        }
    }

    public int sent() {
        return sent;
    }

    public int received() {
        return received;
    }
}
