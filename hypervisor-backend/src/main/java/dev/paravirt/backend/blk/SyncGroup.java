// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Flushes, and writes that are to be stable when they complete, wait here for the image to be synced. Whoever comes while
 * one sync runs waits for the next, and all who wait share it: one fdatasync for many requests.
 */
final class SyncGroup extends IoEngine.Operation {
    private final BlockDevice device;
    private final BlockImage image;
    private @Nullable BlockRequest waiting;
    private boolean running;

    SyncGroup(BlockDevice device, BlockImage image) {
        this.device = device;
        this.image = image;
    }

    /**
     * Adds requests, linked.
     *
     * @return whether nobody runs this, so that the caller must see to it
     */
    synchronized boolean add(BlockRequest requests) {
        BlockRequest last = requests;
        for (BlockRequest next = last.link; next != null; next = next.link) {
            last = next;
        }
        last.link = waiting;
        waiting = requests;
        boolean idle = !running;
        running = true;
        return idle;
    }

    /** All who wait; if there is nobody, this ends running. */
    private synchronized @Nullable BlockRequest take() {
        BlockRequest batch = waiting;
        waiting = null;
        running = batch != null;
        return batch;
    }

    @Override
    protected void run() {
        for (BlockRequest batch = take(); batch != null; batch = take()) {
            int status = sync(batch);
            BlockRequest request = batch;
            while (request != null) {
                // Once finished it may be in use again.
                BlockRequest next = request.link;
                request.link = null;
                device.finish(request, status);
                request = next;
            }
        }
    }

    private int sync(BlockRequest first) {
        try {
            image.sync();
            return BlkStatus.OK;
        } catch (IOException | RuntimeException | Error failure) {
            return device.failed(first, failure);
        }
    }
}
