// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.ring;

import dev.paravirt.queue.VirtqueueFormat;

/**
 * What is measured; the names are those of ringtest's options.
 *
 * @param format of the ring
 * @param ringSize descriptors
 * @param outstanding the most buffers that the driver lets be under way
 * @param batch buffers after which each side publishes and decides whether to notify; it does so earlier when it has
 *     nothing else to do. 1 is what ringtest's C rings do.
 * @param sleep each side asks for notifications and sleeps when it has nothing to do; else both spin on the ring
 * @param relax whether to tell the processor that it is spinning
 */
record RingShape(VirtqueueFormat format, int ringSize, int outstanding, int batch, boolean sleep, boolean relax) {
    RingShape {
        if (outstanding < 1 || batch < 1) {
            throw new IllegalArgumentException("--outstanding and --batch start at 1: " + outstanding + ", " + batch);
        }
    }

    static VirtqueueFormat format(boolean packed, boolean inOrder) {
        return new VirtqueueFormat(packed, false, true, inOrder, false);
    }
}
