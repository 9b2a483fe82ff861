// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import org.jspecify.annotations.Nullable;

/**
 * Puts the chains of a device that completes them in any order back into the order in which they were polled (VIRTIO
 * 1.4, "In-order use of descriptors"). At most {@code size} chains are between {@link #polled} and {@link #next}.
 */
final class InOrder {
    private final @Nullable DescriptorChain[] waiting;
    private int nextPolled;
    private int nextUsed;

    InOrder(int size) {
        waiting = new @Nullable DescriptorChain[size];
    }

    void polled(DescriptorChain chain) {
        chain.order = nextPolled;
        nextPolled = following(nextPolled);
    }

    /** Whether it is the turn of a chain that was pushed; then it is used from now on, and not to be remembered. */
    boolean isNext(DescriptorChain chain) {
        if (chain.order != nextUsed) {
            return false;
        }
        nextUsed = following(nextUsed);
        return true;
    }

    void pushed(DescriptorChain chain) {
        waiting[chain.order] = chain;
    }

    /** Takes the chain whose turn it is, if it was pushed before. */
    @Nullable
    DescriptorChain next() {
        DescriptorChain chain = waiting[nextUsed];
        if (chain != null) {
            waiting[nextUsed] = null;
            nextUsed = following(nextUsed);
        }
        return chain;
    }

    private int following(int place) {
        return place + 1 == waiting.length ? 0 : place + 1;
    }
}
