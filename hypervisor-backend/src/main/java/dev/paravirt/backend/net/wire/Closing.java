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
