// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Hostile peers that Jazzer makes up, guided by what they reach. The build just replays the scripts that it found, from
 * {@code src/test/resources/dev/paravirt/queue/HostileFuzzTestInputs}. To look for more, one method at a time:
 *
 * <pre>./mvnw test -Pfuzz -pl virtqueue -am -Dsurefire.failIfNoSpecifiedTests=false -Dtest=HostileFuzzTest#device</pre>
 *
 * <p>New scripts appear in {@code virtqueue/.cifuzz-corpus}: copy a few short ones to the inputs when they reach something
 * new. One that fails goes to the inputs at once, and stays there
 * when the bug is gone. (A "crash" written as the run was ended from outside is just what was being played.)
 */
class HostileFuzzTest {
    /** The device side against a driver that writes anything into the rings. */
    @FuzzTest(maxDuration = "4m")
    void device(byte[] script) {
        HostileDriver.play(script);
    }

    /** The driver side against a device that does. */
    @FuzzTest(maxDuration = "4m")
    void driver(byte[] script) {
        HostileDevice.play(script);
    }
}
