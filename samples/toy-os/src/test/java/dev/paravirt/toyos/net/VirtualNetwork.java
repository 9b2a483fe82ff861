// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import static org.assertj.core.api.Assertions.fail;

import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/** Two stacks on a wire and the clock of all three, which is turned only when nothing is left to do. */
final class VirtualNetwork implements Waiting {
    static final int LEFT = 0x0A00_0001;
    static final int RIGHT = 0x0A00_0002;
    private static final int MAX_TURNS = 20_000_000;

    private long now = 1;
    final VirtualWire wire;
    final NetworkStack left;
    final NetworkStack right;
    /** What else happens on the network. */
    Runnable meanwhile = () -> {};

    VirtualNetwork(long seed) {
        wire = new VirtualWire(this::now, seed);
        left = new NetworkStack(wire.left, this::now, new Random(seed + 1), this);
        right = new NetworkStack(wire.right, this::now, new Random(seed + 2), this);
        left.configure(new Configuration(LEFT, 24, 0, List.of(RIGHT)));
        right.configure(new Configuration(RIGHT, 24, 0, List.of()));
    }

    long now() {
        return now;
    }

    @Override
    public void await(BooleanSupplier condition, long deadline) {
        for (int turns = 0; !condition.getAsBoolean() && now < deadline; turns++) {
            if (turns > MAX_TURNS) {
                fail("nothing comes to an end here: time " + now);
            }
            step(deadline);
        }
    }

    /** Until the condition holds, which it must within an hour of virtual time. */
    void until(BooleanSupplier condition) {
        await(condition, now + 3_600_000_000_000L);
        if (!condition.getAsBoolean()) {
            fail("waited an hour of virtual time in vain");
        }
    }

    void pass(long nanos) {
        await(() -> false, now + nanos);
    }

    private void step(long limit) {
        wire.deliver();
        boolean arrivals = left.hasArrivals() || right.hasArrivals();
        left.poll();
        right.poll();
        meanwhile.run();
        if (arrivals || left.hasArrivals() || right.hasArrivals()) {
            return;
        }
        long next = Math.min(Math.min(left.deadline(), right.deadline()), wire.nextArrival());
        now = Math.max(now, Math.min(next, limit));
    }
}
