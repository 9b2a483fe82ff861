// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.rings;

import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.integration.blk.RingFeatures;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A guest in a process of its own: for each combination of ring features it attaches, sends its traffic and leaves. */
final class RingGuestMain {
    private RingGuestMain() {}

    /** Takes the path of the hypervisor's socket; prints a line for each combination. */
    public static void main(String[] arguments) throws IOException {
        for (int combination = 0; combination < RingFeatures.COMBINATIONS; combination++) {
            try (GuestProcess guest = GuestProcess.attach(Path.of(arguments[0]), Duration.ofSeconds(60))) {
                RingGuest.run(JvmPlatform.of(guest), combination);
                System.out.println(done(combination));
            }
        }
    }

    static String done(int combination) {
        return "combination " + combination + " done, " + RingLoad.requestsOfAll() + " requests";
    }
}
