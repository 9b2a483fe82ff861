// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import dev.paravirt.guest.jvm.JvmPlatform;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** This thread as the guest of a machine. For one thread. */
public interface Guest extends AutoCloseable {
    MachineKind kind();

    /** Whether {@link #exits} counts, and latencies are to be measured. */
    Instrumentation instrumentation();

    /** What drivers stand on. */
    JvmPlatform platform();

    /** What left the guest so far: each hypercall, each access to a register and each notification is an exit. */
    long exits();

    /** Of the guest and its hypervisor so far, to about a hundredth of a second. */
    Duration processorTime();

    /** Ends the machine, and asks the hypervisor what it counted at each register, the start included. */
    List<RegisterExits> finish() throws IOException;

    /** Ends the machine if it has not ended yet. */
    @Override
    void close() throws IOException;
}
