// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.boot;

import dev.paravirt.guest.driver.NetDriver;
import dev.paravirt.guest.driver.NetDriverOptions;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetFeatures;
import dev.paravirt.toyos.kernel.Console;
import dev.paravirt.toyos.kernel.DeviceStatistics;
import dev.paravirt.toyos.kernel.Network;
import dev.paravirt.toyos.kernel.Scheduler;
import dev.paravirt.toyos.net.Ipv4Address;
import dev.paravirt.toyos.net.NetworkInterface;
import dev.paravirt.toyos.net.NetworkStack;
import java.security.SecureRandom;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Starts the first network card, with a stack on it. A card that cannot be driven is reported, and left alone. */
final class NetworkStarter implements DeviceStarter {
    private static final FeatureBits RECEIVE_OFFLOADS =
            FeatureBits.of(NetFeatures.GUEST_CSUM, NetFeatures.GUEST_TSO4, NetFeatures.GUEST_ECN);
    private static final int WHOLE_SEGMENT = 1536;
    private static final int LONG_FRAME = 65_550;

    private final InterruptController interrupts;
    private final Scheduler scheduler;
    private final Console log;
    private @Nullable DriverNetworkInterface card;
    private @Nullable Network network;

    NetworkStarter(InterruptController interrupts, Scheduler scheduler, Console log) {
        this.interrupts = interrupts;
        this.scheduler = scheduler;
        this.log = log;
    }

    @Override
    public int deviceType() {
        return DeviceType.NETWORK;
    }

    @Override
    public void start(FoundDevice found) {
        Transport transport = found.transport();
        if (network != null) {
            log.line("kernel: " + transport.name() + " is left alone: one network is all the kernel has");
            return;
        }
        try {
            boolean cuts = transport.deviceFeatures().has(NetFeatures.HOST_TSO4);
            int frameSize = cuts ? LONG_FRAME : WHOLE_SEGMENT;
            NetDriver driver = NetDriver.start(transport, interrupts, options(cuts, frameSize));
            DriverNetworkInterface started = new DriverNetworkInterface(driver, found, frameSize, new SecureRandom());
            NetworkStack stack = stack(started, interrupts, scheduler);
            started.connect(stack);
            interrupts.add(started);
            card = started;
            network = new Network(stack, scheduler, log);
            announce(driver, stack);
        } catch (DeviceException failed) {
            log.line("kernel: no network: " + failed.getMessage());
        }
    }

    /** A stack on any card. */
    static NetworkStack stack(NetworkInterface card, InterruptController interrupts, Scheduler scheduler) {
        return new NetworkStack(card, interrupts::nanoTime, new SecureRandom(), scheduler::awaitUnlessStopped);
    }

    private static NetDriverOptions options(boolean cuts, int frameSize) {
        NetDriverOptions options = NetDriverOptions.DEFAULT
                .withLines(InterruptController.LINE, 1)
                .withFeatures(NetDriverOptions.DEFAULT_FEATURES.or(RECEIVE_OFFLOADS))
                .withSpin(0);
        return cuts
                ? options.withTransmitBuffers(64, frameSize).withReceiveBuffers(256, 4096)
                : options.withTransmitBuffers(256, frameSize);
    }

    private void announce(NetDriver driver, NetworkStack stack) {
        log.line("kernel: " + driver.name() + ": " + Ipv4Address.formatMac(stack.mac()) + ", MTU " + stack.mtu()
                + ", link " + (stack.linkUp() ? "up" : "down")
                + (driver.features().has(Features.RING_PACKED) ? ", packed ring" : ", split ring"));
    }

    /** What the driver has counted. */
    List<DeviceStatistics> statistics() {
        DriverNetworkInterface started = card;
        return started == null ? List.of() : List.of(started);
    }

    /** What was started; null if there is no network. */
    @Nullable
    Network network() {
        return network;
    }

    /** Resets the card, after the network was stopped. */
    void stop() {
        DriverNetworkInterface started = card;
        if (started != null) {
            try {
                started.stop();
            } catch (DeviceException failed) {
                log.line("kernel: " + failed.getMessage());
            }
        }
    }
}
