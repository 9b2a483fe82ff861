// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.ring;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.DriverVirtqueue;

/** The guest's side of ringtest: makes buffers available as long as there is room, and takes them back when used. */
final class RingDriver {
    static final int BUFFER_BYTES = 64;

    private final DriverVirtqueue queue;
    private final RingShape shape;
    private final long address;
    private final Doorbell kick;
    private final Doorbell call;
    private final int batch;
    private int unpublished;

    RingDriver(DriverVirtqueue queue, RingShape shape, DmaBuffer buffer, Doorbell kick, Doorbell call) {
        this.queue = queue;
        this.shape = shape;
        this.address = buffer.address();
        this.kick = kick;
        this.call = call;
        this.batch = Math.min(shape.batch(), shape.outstanding());
        queue.disableUsedNotifications();
    }

    /** Passes buffers through the ring; returns when the last of them has come back. */
    void run(long buffers) {
        long started = 0;
        long completed = 0;
        boolean sleep = shape.sleep();
        while (true) {
            if (sleep) {
                queue.disableUsedNotifications();
            }
            boolean progress;
            do {
                progress = started < buffers && started - completed < shape.outstanding() && start();
                if (progress) {
                    started++;
                }
                if (queue.poll() != DriverVirtqueue.NONE) {
                    progress = true;
                    if (++completed == buffers) {
                        return;
                    }
                }
            } while (progress);
            if (unpublished > 0) {
                publish();
            }
            if (!sleep) {
                pause();
            } else if (queue.enableUsedNotifications()) {
                call.await();
            }
        }
    }

    private boolean start() {
        if (!queue.addWritable(address, BUFFER_BYTES, 0)) {
            return false;
        }
        if (++unpublished == batch) {
            publish();
        }
        return true;
    }

    private void publish() {
        unpublished = 0;
        if (queue.publish()) {
            kick.ring();
        }
    }

    private void pause() {
        if (shape.relax()) {
            Thread.onSpinWait();
        }
    }
}
