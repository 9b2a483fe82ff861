// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import java.io.Closeable;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How wires end. */
final class Closing {
    private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

    private Closing() {}

    /** Waits for a thread that was told to end; one that never started has ended. */
    static void join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException later) {
                // It ends soon, and what it uses must stay until then.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Closes one after the other. */
    static void quietly(Closeable... resources) {
        for (Closeable resource : resources) {
            try {
                resource.close();
            } catch (IOException failure) {
                LOG.warn("{} cannot be closed: {}", resource, failure.toString());
            }
        }
    }
}
