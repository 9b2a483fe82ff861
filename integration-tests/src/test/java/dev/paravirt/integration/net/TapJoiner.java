// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.backend.net.wire.Wire;
import dev.paravirt.spec.net.NetHeader;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * A process, to be started in a network namespace, that joins two wires: each gets the frames of the other, headers of
 * offloads included, as if a driver on either side took all offloads. Says which links go up and down, and, when its
 * input ends, how long frames were and how many asked for segmentation.
 */
final class TapJoiner {
    private final AtomicInteger longest = new AtomicInteger();
    private final LongAdder segmented = new LongAdder();

    private TapJoiner() {}

    public static void main(String[] arguments) throws IOException {
        TapJoiner joiner = new TapJoiner();
        try (NetBackend first = Wire.parse(arguments[0]).open();
                NetBackend second = Wire.parse(arguments[1]).open()) {
            joiner.join(arguments[0], first, second);
            joiner.join(arguments[1], second, first);
            say("ready");
            while (System.in.read() >= 0) {
                // Its end is what counts.
            }
            say("longest " + joiner.longest + " segmented " + joiner.segmented);
        }
    }

    private void join(String name, NetBackend from, NetBackend to) {
        from.driverOffloads(from.offloads());
        from.attach(new NetPort() {
            @Override
            public boolean receive(ByteBuf frame) {
                longest.accumulateAndGet(frame.readableBytes(), Math::max);
                if (frame.getByte(frame.readerIndex() + NetHeader.GSO_TYPE) != NetHeader.GSO_NONE) {
                    segmented.increment();
                }
                return to.send(frame);
            }

            @Override
            public void linkUp(boolean up) {
                say(name + (up ? " up" : " down"));
            }
        });
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
