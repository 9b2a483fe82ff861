// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.hypercall.Hypercalls;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.HypercallTransport;
import java.util.ArrayList;
import java.util.List;

/** The devices that the hypervisor lists. */
record HypercallDevices(Hypercalls hypercalls, Platform platform) implements VirtioHardware.Discovery {
    @Override
    public List<FoundDevice> find() throws DeviceException {
        List<FoundDevice> found = new ArrayList<>();
        int devices = hypercalls.deviceCount();
        for (int device = 0; device < devices; device++) {
            found.add(new FoundDevice(HypercallTransport.open(hypercalls, platform, device), null));
        }
        return found;
    }
}
