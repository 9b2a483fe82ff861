// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import org.jspecify.annotations.Nullable;

/** The chains of one device queue, as many as it has descriptors, made when first needed and used again and again. */
final class ChainPool {
    private final @Nullable DescriptorChain[] free;
    private int freeCount;
    private int made;

    ChainPool(int size) {
        free = new @Nullable DescriptorChain[size];
    }

    /** @throws VirtqueueException if all are out: the driver made more available than it has descriptors for */
    DescriptorChain take() {
        if (freeCount > 0) {
            DescriptorChain chain = free[--freeCount];
            if (chain != null) {
                chain.clear();
                chain.polled = true;
                return chain;
            }
        }
        if (made == free.length) {
            throw new VirtqueueException("more chains are available than the queue has descriptors: " + made);
        }
        made++;
        DescriptorChain chain = new DescriptorChain();
        chain.polled = true;
        return chain;
    }

    /** @throws IllegalStateException if the chain is not out */
    void check(DescriptorChain chain, long written) {
        if (!chain.polled) {
            throw new IllegalStateException("the chain was pushed already");
        }
        if (written < 0 || written > chain.writableLength()) {
            throw new IllegalArgumentException(
                    written + " bytes written to a chain with room for " + chain.writableLength());
        }
        chain.polled = false;
    }

    void giveBack(DescriptorChain chain) {
        if (free[freeCount] != chain) {
            free[freeCount] = chain;
        }
        freeCount++;
    }

    /** Chains that are out. */
    int outstanding() {
        return made - freeCount;
    }
}
