// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.hypercall;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a machine may be told beyond its memory and devices.
 *
 * @param workersPerDevice threads among which the queues of a device are spread, at least 1
 * @param features device-independent features that devices may offer; others than those of {@link Features#HYPERCALL},
 *     and those that queues do not implement, are never offered
 * @param console takes what the guest prints, on the thread of the call
 * @param powerOff takes the guest's exit code, 0 to 255, on the thread of the call
 */
public record MachineOptions(
        int workersPerDevice, FeatureBits features, Consumer<byte[]> console, IntConsumer powerOff) {
    private static final Logger CONSOLE = LoggerFactory.getLogger(MachineOptions.class.getPackageName() + ".console");

    /** One thread for each device, all features, the console to the log, and nothing done about an exit code. */
    public static final MachineOptions DEFAULT =
            new MachineOptions(1, Features.HYPERCALL, MachineOptions::log, code -> {});

    public MachineOptions {
        if (workersPerDevice < 1) {
            throw new IllegalArgumentException("a device needs at least one worker: " + workersPerDevice);
        }
        features = features.and(Features.HYPERCALL);
    }

    public MachineOptions withWorkersPerDevice(int count) {
        return new MachineOptions(count, features, console, powerOff);
    }

    public MachineOptions withFeatures(FeatureBits offered) {
        return new MachineOptions(workersPerDevice, offered, console, powerOff);
    }

    public MachineOptions withConsole(Consumer<byte[]> sink) {
        return new MachineOptions(workersPerDevice, features, sink, powerOff);
    }

    public MachineOptions withPowerOff(IntConsumer action) {
        return new MachineOptions(workersPerDevice, features, console, action);
    }

    private static void log(byte[] text) {
        if (CONSOLE.isInfoEnabled()) {
            CONSOLE.info("{}", new String(text, StandardCharsets.UTF_8).stripTrailing());
        }
    }
}
