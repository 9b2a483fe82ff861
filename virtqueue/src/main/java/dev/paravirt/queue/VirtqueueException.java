// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import java.io.Serial;

/**
 * The peer broke the rules of the ring. The queue is of no more use until it is set up anew: a device then asks for a
 * reset (DEVICE_NEEDS_RESET), a driver resets the device. The message says what the peer did.
 */
public final class VirtqueueException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    public VirtqueueException(String message) {
        super(message);
    }
}
