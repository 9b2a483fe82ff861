// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.traffic;

import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.DeviceVirtqueue;
import org.jspecify.annotations.Nullable;

/** A device that serves a queue with {@link EchoService}, in batches of any size, and completes in any order. */
public final class EchoDevice {
    private final DeviceVirtqueue queue;
    private final EchoService service;
    private final Dice dice;
    private final @Nullable DescriptorChain[] held;
    private final int[] written;
    private int holding;

    /** @param held chains kept at most before some are pushed, 1 or more; those pushed are chosen at random */
    public EchoDevice(DeviceVirtqueue queue, EchoService service, int held, long seed) {
        this.queue = queue;
        this.service = service;
        this.held = new @Nullable DescriptorChain[held];
        this.written = new int[held];
        this.dice = new Dice(seed);
    }

    /** Serves until the driver has nothing more to say. */
    public void run(Line line) {
        boolean open = true;
        while (open) {
            boolean worked = turn();
            if (queue.publish()) {
                line.wakePeer(0);
            }
            if (!worked) {
                if (queue.enableAvailableNotifications()) {
                    open = line.await();
                }
                queue.disableAvailableNotifications();
            }
        }
    }

    /**
     * Takes some requests and gives some back, all if there are none to take. The caller publishes.
     *
     * @return whether there was anything to do
     */
    public boolean turn() {
        int before = holding;
        int most = dice.between(1, held.length);
        while (holding < most) {
            DescriptorChain chain = queue.poll();
            if (chain == null) {
                break;
            }
            written[holding] = service.serve(chain);
            held[holding++] = chain;
        }
        int pushes = holding == before ? holding : dice.between(1, holding);
        for (int i = 0; i < pushes; i++) {
            pushAny();
        }
        return pushes > 0;
    }

    private void pushAny() {
        int which = dice.below(holding);
        DescriptorChain chain = held[which];
        if (chain == null) {
            throw new IllegalStateException();
        }
        queue.push(chain, written[which]);
        held[which] = held[--holding];
        written[which] = written[holding];
    }
}
