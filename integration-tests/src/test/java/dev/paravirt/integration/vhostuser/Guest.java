// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import java.io.IOException;

/** A Linux whose devices are ours, and which prints what it does. */
interface Guest extends AutoCloseable {
    /** Waits until it has printed something; a guest that ended without it is an IOException. */
    void await(String text) throws IOException, InterruptedException;

    /** Waits until it has ended; returns what was printed. */
    String awaitEnd() throws IOException, InterruptedException;

    /** What has been printed so far. */
    String output() throws IOException;

    /** Ends it as the power going out would. */
    @Override
    void close() throws IOException;
}
