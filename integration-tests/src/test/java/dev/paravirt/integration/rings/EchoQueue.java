// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.rings;

import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.traffic.Dice;
import dev.paravirt.queue.traffic.EchoService;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Answers the requests of one queue out of order: most at once on the worker thread, some by a thread of its own as disk
 * I/O would be, and some of those by the worker after all, with a later request.
 */
final class EchoQueue {
    /** A request that is answered but not given back. */
    private record Held(DescriptorChain chain, int written, QueueContext context) {}

    private static final long SEED = 11;
    private static final int HELD_ONCE_IN = 12;
    private static final int TAKEN_BACK_ONCE_IN = 20;

    private final BlockingQueue<Held> held = new LinkedBlockingQueue<>();
    private final int longest;
    private final Dice dice = new Dice(SEED);
    private final Thread late;
    private EchoService service;

    /** @param longest bytes of a request */
    EchoQueue(int longest) {
        this.longest = longest;
        service = new EchoService(longest, SEED);
        late = Thread.ofPlatform().name("echo-late").daemon().start(this::completeLate);
    }

    /** The worker; the lock is for those who read the configuration space. */
    void process(DescriptorChain chain, QueueContext context) {
        int written;
        synchronized (this) {
            written = service.serve(chain);
        }
        if (dice.once(HELD_ONCE_IN)) {
            held.add(new Held(chain, written, context));
        } else {
            context.push(chain, written);
        }
        Held earlier = dice.once(TAKEN_BACK_ONCE_IN) ? held.poll() : null;
        if (earlier != null) {
            context.push(earlier.chain, earlier.written);
        }
    }

    /** In reverse order, as many as there are. */
    private void completeLate() {
        List<Held> batch = new ArrayList<>();
        try {
            while (true) {
                batch.add(held.take());
                held.drainTo(batch);
                for (Held last : batch.reversed()) {
                    last.context.complete(last.chain, last.written);
                }
                batch.clear();
            }
        } catch (InterruptedException end) {
            // The device is closed.
        }
    }

    synchronized void describe(ByteBuffer config) {
        config.putLong(service.requests());
        config.putLong(service.readSum());
        config.putLong(service.freeWrittenSum());
    }

    synchronized void reset() {
        service = new EchoService(longest, SEED);
    }

    void close() {
        late.interrupt();
    }
}
