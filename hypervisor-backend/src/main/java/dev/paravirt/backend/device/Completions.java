// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import dev.paravirt.queue.DescriptorChain;
import org.jctools.queues.varhandle.MpscVarHandleArrayQueue;
import org.jctools.queues.varhandle.SpmcVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Chains on their way from the threads that finish requests to the worker that owns their queue. Lock-free, and all that
 * it needs is allocated at the start: no more chains can be under way than the queue has descriptors.
 */
final class Completions {
    /** A chain that is done. Belongs to the thread that took it from {@link #free}, then to the worker. */
    static final class Completion {
        private @Nullable DescriptorChain chain;
        private long written;

        DescriptorChain chain() {
            DescriptorChain done = chain;
            if (done == null) {
                throw new IllegalStateException("a completion was used after its release");
            }
            return done;
        }

        long written() {
            return written;
        }
    }

    private static final int SMALLEST = 2;

    private final MpscVarHandleArrayQueue<Completion> done;
    private final SpmcVarHandleArrayQueue<Completion> free;

    /** @param limit the most chains that can be under way */
    Completions(int limit) {
        done = new MpscVarHandleArrayQueue<>(Math.max(limit, SMALLEST));
        free = new SpmcVarHandleArrayQueue<>(Math.max(limit, SMALLEST));
        for (int i = 0; i < limit; i++) {
            free.add(new Completion());
        }
    }

    /** From any thread. What it wrote before is visible to the worker that takes the chain. */
    void add(DescriptorChain chain, long written) {
        Completion completion = free.poll();
        if (completion == null) {
            throw new IllegalStateException("a device completed a request that was not under way");
        }
        completion.chain = chain;
        completion.written = written;
        if (!done.offer(completion)) {
            throw new IllegalStateException("a device completed a request that was not under way");
        }
    }

    /** The next chain that is done, to be released; worker only. */
    @Nullable
    Completion poll() {
        return done.poll();
    }

    /** Worker only. */
    void release(Completion completion) {
        completion.chain = null;
        if (!free.offer(completion)) {
            throw new IllegalStateException("a completion was released twice");
        }
    }

    /** Worker only. */
    boolean isEmpty() {
        return done.isEmpty();
    }
}
