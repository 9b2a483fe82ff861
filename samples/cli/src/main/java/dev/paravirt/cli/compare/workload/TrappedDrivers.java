// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.Devices;
import dev.paravirt.cli.compare.carrier.Guest;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.guest.jvm.TrapGate;
import dev.paravirt.guest.legacy.AtaDriver;
import dev.paravirt.guest.legacy.AtaOptions;
import dev.paravirt.guest.legacy.Ne2000Driver;
import dev.paravirt.guest.legacy.Ne2000Options;
import dev.paravirt.guest.legacy.PortTransfer;
import dev.paravirt.guest.legacy.SerialDriver;
import dev.paravirt.guest.legacy.SerialOptions;
import java.io.IOException;

/** The drivers of a trapped machine. Two drive its disk by turns, which keeps nothing between commands. */
record TrappedDrivers(
        Guest guest,
        TrapGate gate,
        AtaDriver diskByWords,
        AtaDriver diskByStrings,
        Ne2000Driver cardByWords,
        Ne2000Driver cardByStrings,
        SerialDriver serial) {
    private static final String BLOCK = "disk";
    private static final String NET = "network card";
    private static final String CONSOLE = "console";

    static TrappedDrivers start(Guest guest, StartUps startUps) throws IOException {
        JvmPlatform platform = guest.platform();
        TrapGate gate = new TrapGate(platform);
        AtaOptions words = AtaOptions.DEFAULT.withTransfer(PortTransfer.WORD);
        AtaOptions strings = AtaOptions.DEFAULT.withTransfer(PortTransfer.STRING);
        Ne2000Options second = new Ne2000Options(
                Devices.SECOND_CARD,
                PortTransfer.STRING,
                Devices.SECOND_CARD_LINE,
                Ne2000Options.DEFAULT.timeoutNanos());
        return new TrappedDrivers(
                guest,
                gate,
                startUps.measure(guest, BLOCK, () -> AtaDriver.start(gate, platform, words)),
                AtaDriver.start(gate, platform, strings),
                startUps.measure(
                        guest,
                        NET,
                        () -> Ne2000Driver.start(
                                gate, platform, Ne2000Options.DEFAULT.withTransfer(PortTransfer.WORD))),
                Ne2000Driver.start(gate, platform, second),
                startUps.measure(guest, CONSOLE, () -> SerialDriver.start(gate, platform, SerialOptions.DEFAULT)));
    }
}
