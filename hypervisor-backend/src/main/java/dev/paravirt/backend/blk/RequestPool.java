// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The request states of one queue, made in advance. Its worker takes them; any thread gives them back. As only one
 * thread takes, and takes all that were given back at once, no state can come back under a compare-and-swap's feet.
 */
final class RequestPool {
    private final BlockDevice device;
    private @Nullable BlockRequest mine;
    private final AtomicReference<@Nullable BlockRequest> returned = new AtomicReference<>();

    RequestPool(BlockDevice device, int size) {
        this.device = device;
        for (int i = 0; i < size; i++) {
            putBack(new BlockRequest(device, this));
        }
    }

    /** Worker thread. */
    BlockRequest take() {
        BlockRequest request = mine;
        if (request == null) {
            request = returned.getAndSet(null);
        }
        if (request == null) {
            return new BlockRequest(device, this);
        }
        mine = request.link;
        request.link = null;
        return request;
    }

    /** Worker thread. */
    void putBack(BlockRequest request) {
        request.link = mine;
        mine = request;
    }

    /** Any thread. */
    void giveBack(BlockRequest request) {
        BlockRequest head;
        do {
            head = returned.get();
            request.link = head;
        } while (!returned.compareAndSet(head, request));
    }
}
