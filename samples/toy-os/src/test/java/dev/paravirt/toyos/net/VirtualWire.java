// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/** Joins two interfaces, and does to their frames what networks do: all by a seed and a virtual clock. */
final class VirtualWire {
    private final LongSupplier clock;
    private final Random random;
    private final PriorityQueue<Flight> flights = new PriorityQueue<>();
    private long order;
    final End left = new End(0x0200_0000_0001L);
    final End right = new End(0x0200_0000_0002L);

    /** Probabilities, for each frame. */
    double loss;

    double duplication;
    double corruption;
    double reordering;
    long delay = 50_000;
    boolean cut;
    /** How long each byte holds the line up, which has a queue before it in each direction; what it has no room for is lost. */
    long nanosPerByte;

    long queuedBytes = Long.MAX_VALUE / 1_000_000;
    long overflows;
    /** Sees all that is sent, also what gets lost. */
    BiConsumer<End, byte[]> watcher = (from, frame) -> {};

    int mtu = 1500;

    private record Flight(long arrival, long order, End to, byte[] frame) implements Comparable<Flight> {
        @Override
        public int compareTo(Flight other) {
            int byTime = Long.compare(arrival, other.arrival);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    final class End implements NetworkInterface {
        private final long mac;
        private long lineFree;
        final Queue<byte[]> received = new ArrayDeque<>();
        long sent;

        End(long mac) {
            this.mac = mac;
        }

        @Override
        public long mac() {
            return mac;
        }

        @Override
        public int mtu() {
            return mtu;
        }

        @Override
        public boolean send(byte[] frame, int start, int length) {
            sent++;
            watcher.accept(this, Arrays.copyOfRange(frame, start, start + length));
            byte[] copy = new byte[length];
            System.arraycopy(frame, start, copy, 0, length);
            long now = clock.getAsLong();
            if (lineFree - now > queuedBytes * nanosPerByte) {
                overflows++;
                return true;
            }
            lineFree = Math.max(lineFree, now) + length * nanosPerByte;
            transmit(copy, this == left ? right : left, lineFree);
            return true;
        }

        @Override
        public boolean pending() {
            return !received.isEmpty();
        }

        @Override
        public int receive(byte[] frame) {
            byte[] next = received.poll();
            if (next == null) {
                return 0;
            }
            System.arraycopy(next, 0, frame, 0, Math.min(next.length, frame.length));
            return next.length;
        }
    }

    VirtualWire(LongSupplier clock, long seed) {
        this.clock = clock;
        random = new Random(seed);
    }

    private void transmit(byte[] frame, End to, long sent) {
        if (cut || random.nextDouble() < loss) {
            return;
        }
        if (random.nextDouble() < corruption) {
            frame[random.nextInt(frame.length)] ^= (byte) (1 << random.nextInt(8));
        }
        int copies = random.nextDouble() < duplication ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            long extra = random.nextDouble() < reordering ? random.nextLong(20 * delay) : 0;
            flights.add(new Flight(sent + delay + extra, order++, to, frame.clone()));
        }
    }

    long nextArrival() {
        return flights.isEmpty() ? Long.MAX_VALUE : flights.element().arrival;
    }

    void deliver() {
        while (!flights.isEmpty() && flights.element().arrival <= clock.getAsLong()) {
            Flight flight = flights.remove();
            flight.to.received.add(flight.frame);
        }
    }
}
