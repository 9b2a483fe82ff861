// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.jvm.GuestProcess;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.transport.HypercallTransport;
import dev.paravirt.spec.DeviceType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A guest in a process of its own: for each combination it attaches, sends frames that come back, and leaves. */
public final class NetGuestMain {
    private static final int FRAMES = 1_600;

    private NetGuestMain() {}

    /** Takes the path of the hypervisor's socket; prints a line for each combination. */
    public static void main(String[] arguments) throws IOException {
        for (int combination = 0; combination < NetRings.COMBINATIONS; combination++) {
            try (GuestProcess guest = GuestProcess.attach(Path.of(arguments[0]), Duration.ofSeconds(60))) {
                JvmPlatform platform = JvmPlatform.of(guest);
                Hypercalls hypercalls = Hypercalls.attach(platform, platform);
                int device = hypercalls.find(DeviceType.NETWORK, 0);
                NetDriver driver = NetDriver.start(
                        HypercallTransport.open(hypercalls, platform, device), platform, NetRings.options(combination));
                int window = NetRings.window(driver);
                new NetTraffic(driver, 0, NetFrames.station(1), NetFrames.station(2), window).echo(FRAMES);
                System.out.println("combination " + combination + " done, " + driver.resets() + " resets, "
                        + driver.malformed(0) + " malformed");
                driver.stop();
            }
        }
    }
}
