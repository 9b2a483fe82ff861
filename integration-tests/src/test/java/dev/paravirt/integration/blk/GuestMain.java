// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.blk;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.driver.BlockDriverOptions;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.spec.DeviceType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A guest in a process of its own: for each combination of ring features it attaches, works on its disk and leaves. */
public final class GuestMain {
    static final int DEPTH = 32;
    static final int REQUESTS = 2_000;

    private GuestMain() {}

    /** Takes the path of the hypervisor's socket; prints a line for each combination. */
    public static void main(String[] arguments) throws IOException {
        for (int combination = 0; combination < RingFeatures.COMBINATIONS; combination++) {
            try (GuestProcess guest = GuestProcess.attach(Path.of(arguments[0]), Duration.ofSeconds(60))) {
                JvmPlatform platform = JvmPlatform.of(guest);
                BlockDriver driver = start(platform, combination);
                new BlockTraffic(driver, platform, 0, DEPTH, 0, combination).run(REQUESTS);
                System.out.println("combination " + combination + " done, " + driver.resets() + " resets");
                driver.stop();
            }
        }
    }

    /** Drives the first block device that the hypervisor has. */
    static BlockDriver start(JvmPlatform platform, int combination) throws IOException {
        Hypercalls hypercalls = Hypercalls.attach(platform, platform);
        int device = hypercalls.find(DeviceType.BLOCK, 0);
        return BlockDriver.start(
                HypercallTransport.open(hypercalls, platform, device),
                platform,
                BlockDriverOptions.DEFAULT.withFeatures(RingFeatures.of(combination)));
    }
}
