// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.util.List;

/**
 * What a driver of the guest's has counted.
 *
 * @param buffers frames, or buffers of a console, either way
 */
record DeviceCount(long buffers, long doorbells, long interrupts) {
    /** The counters of one device at each time that the guest ran iostat. */
    static List<DeviceCount> of(GuestConsole console, String device) {
        return console.results("device").stream()
                .filter(line -> line.text("name").startsWith(device))
                .map(line -> new DeviceCount(
                        line.number("inputs") + line.number("outputs"),
                        line.number("exits"),
                        line.number("interrupts")))
                .toList();
    }

    DeviceCount since(DeviceCount earlier) {
        return new DeviceCount(
                buffers - earlier.buffers, doorbells - earlier.doorbells, interrupts - earlier.interrupts);
    }
}
