// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import dev.paravirt.backend.device.QueueContext;
import dev.paravirt.queue.DescriptorChain;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A control command that takes receiveqs out of use, and is given back to the driver when the last of them has nothing
 * under way any more: whoever sees it used gets no frame there (VIRTIO 1.4, "Automatic receive steering in multiqueue
 * mode").
 */
final class DeferredAck {
    private final DescriptorChain chain;
    private final long written;
    private final QueueContext context;

    /** Queues, and the one that waits for them until it has named all. */
    private final AtomicInteger awaited = new AtomicInteger(1);

    DeferredAck(DescriptorChain chain, long written, QueueContext context) {
        this.chain = chain;
        this.written = written;
        this.context = context;
    }

    /** One more is to arrive. */
    void await() {
        awaited.incrementAndGet();
    }

    /** From any thread. */
    void arrive() {
        if (awaited.decrementAndGet() == 0) {
            context.complete(chain, written);
        }
    }
}
