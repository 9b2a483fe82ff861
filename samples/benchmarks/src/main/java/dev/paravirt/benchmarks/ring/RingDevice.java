// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.ring;

import dev.paravirt.queue.DescriptorChain;
import dev.paravirt.queue.DeviceVirtqueue;

/** The host's side of ringtest: gives each buffer back as it came. */
final class RingDevice {
    private final DeviceVirtqueue queue;
    private final RingShape shape;
    private final Doorbell kick;
    private final Doorbell call;
    private volatile boolean stopped;
    private int unpublished;

    RingDevice(DeviceVirtqueue queue, RingShape shape, Doorbell kick, Doorbell call) {
        this.queue = queue;
        this.shape = shape;
        this.kick = kick;
        this.call = call;
        if (!shape.sleep()) {
            queue.disableAvailableNotifications();
        }
    }

    /** Serves until {@link #stop}. */
    void run() {
        while (!stopped) {
            if (shape.sleep()) {
                if (queue.enableAvailableNotifications() && !stopped) {
                    kick.await();
                }
                queue.disableAvailableNotifications();
            } else if (shape.relax()) {
                Thread.onSpinWait();
            }
            serve();
        }
    }

    private void serve() {
        DescriptorChain chain;
        while ((chain = queue.poll()) != null) {
            queue.push(chain, chain.writableLength());
            if (++unpublished == shape.batch()) {
                publish();
            }
        }
        if (unpublished > 0) {
            publish();
        }
    }

    private void publish() {
        unpublished = 0;
        if (queue.publish()) {
            call.ring();
        }
    }

    /** Ends {@link #run}; for any thread, once the driver has all its buffers back. */
    void stop() {
        stopped = true;
        kick.ring();
    }
}
