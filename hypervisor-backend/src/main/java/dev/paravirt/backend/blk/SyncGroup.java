// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Flushes, and writes that are to be stable when they complete, wait here for the image to be synced. Whoever comes while
 * one sync runs waits for the next, and all who wait share it: one fdatasync for many requests.
 *
 * <p>Linux reports a failed write-back to one fdatasync and then forgets the pages: the next would succeed although data
 * is lost. So one runs at a time, and once one has failed all fail, until the image is opened anew.
 */
final class SyncGroup extends IoEngine.Operation {
    private final BlockDevice device;
    private final BlockImage image;
    private @Nullable BlockRequest waiting;
    private boolean running;

    /** Of whichever thread runs this. */
    private @Nullable Throwable lost;

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
        Throwable before = lost;
        if (before != null) {
            return device.failed(
                    first, new IOException("an earlier sync failed, so that written data may be lost", before));
        }
        try {
            image.sync();
            return BlkStatus.OK;
        } catch (IOException | RuntimeException | Error failure) {
            lost = failure;
            return device.failed(first, failure);
        }
    }
}
