// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import dev.paravirt.queue.DescriptorChain;
import org.jspecify.annotations.Nullable;

/**
 * Where a device gives back the chains of one queue: each chain once, to one of the two methods, after which it must not
 * touch the chain or the memory that it names. Neither allocates, locks or waits. While a queue or the device is being
 * reset, chains are still to be given back; the driver does not see them.
 */
public interface QueueContext {
    /** Virtqueue index. */
    int queue();

    /**
     * Finishes a request on the worker thread of this queue: within {@link VirtioDevice#process}, of the chain at hand or
     * of an earlier one, {@link VirtioDevice#serve} or {@link VirtioDevice#quiesce}. The driver sees it with the others of
     * the batch.
     *
     * @param written bytes written, from the start of the writable part on
     */
    void push(DescriptorChain chain, long written);

    /**
     * Finishes a request from any thread. What that thread wrote before is visible to the driver that sees the chain
     * used. The worker is woken if it sleeps.
     *
     * @param written bytes written, from the start of the writable part on
     */
    void complete(DescriptorChain chain, long written);

    /**
     * Takes the next request of a queue that {@link VirtioDevice#takesRequests} names, within {@link VirtioDevice#serve}.
     *
     * @return null if the driver has made none available
     * @throws dev.paravirt.queue.VirtqueueException if the driver broke the rules of the ring; not to be caught
     */
    @Nullable
    DescriptorChain take();

    /** Makes the worker call {@link VirtioDevice#serve}. From any thread, after what there is to do was written. */
    void wake();
}
