// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import java.io.IOException;

/** What carries an exit from a guest to its hypervisor. The guest is the thread that starts its machine. */
public interface Carrier {
    /** On the command line and in files. */
    String name();

    /** Who the hypervisor is, for a reader who does not know: "the hypervisor is another process". */
    String meaning();

    /** Begins to start a machine with a hypervisor of its own; several may start side by side. */
    Starting start(MachineKind kind, Instrumentation instrumentation) throws IOException;

    /** A machine that is being started. */
    interface Starting extends AutoCloseable {
        /** Waits until it is ready; once. If the guest is closed then, this needs not be. */
        Guest await() throws IOException;

        /** Ends the machine, ready or not. */
        @Override
        void close();
    }
}
