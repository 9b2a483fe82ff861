// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.console.ConsoleFeatures;

/**
 * How a {@link MultiportConsoleDriver} is to work. Memory for the buffers of all ports is taken at the start.
 *
 * @param features what it may accept of what the device offers; VERSION_1 and MULTIPORT go without saying, and what the
 *     driver does not implement is left out
 * @param ports the most that it drives, 1 to 64; others that the device has are refused
 * @param buffers of each direction of each port, 1 to 256; the device's queues may allow fewer
 * @param bufferBytes of each buffer, 1 to 65536
 * @param line the interrupt line of everything that the device has to say
 * @param resetTimeoutNanos how long a reset may take, more than 0
 */
public record MultiportConsoleDriverOptions(
        FeatureBits features, int ports, int buffers, int bufferBytes, int line, long resetTimeoutNanos) {
    /** Everything that the driver implements. */
    public static final FeatureBits ALL_FEATURES =
            VirtqueueFormat.FEATURES.with(ConsoleFeatures.MULTIPORT).with(ConsoleFeatures.EMERG_WRITE);

    /** 8 ports with 16 buffers of 4096 bytes in each direction, on line 0; a reset may take 30 seconds. */
    public static final MultiportConsoleDriverOptions DEFAULT =
            new MultiportConsoleDriverOptions(ALL_FEATURES, 8, 16, 4096, 0, 30_000_000_000L);

    private static final int MOST_PORTS = 64;
    private static final int MOST_BUFFERS = 256;
    private static final int LARGEST_BUFFER = 65536;

    public MultiportConsoleDriverOptions {
        features = features.and(ALL_FEATURES).with(ConsoleFeatures.MULTIPORT);
        require(ports >= 1 && ports <= MOST_PORTS, "1 to 64 ports", ports);
        require(buffers >= 1 && buffers <= MOST_BUFFERS, "1 to 256 buffers", buffers);
        require(bufferBytes >= 1 && bufferBytes <= LARGEST_BUFFER, "buffers of 1 to 65536 bytes", bufferBytes);
        require(line >= 0, "interrupt lines from 0 on", line);
        require(resetTimeoutNanos > 0, "a reset timeout of more than 0", resetTimeoutNanos);
    }

    private static void require(boolean holds, String what, long value) {
        if (!holds) {
            throw new IllegalArgumentException("a console driver takes " + what + ": " + value);
        }
    }

    public MultiportConsoleDriverOptions withFeatures(FeatureBits wanted) {
        return new MultiportConsoleDriverOptions(wanted, ports, buffers, bufferBytes, line, resetTimeoutNanos);
    }

    public MultiportConsoleDriverOptions withPorts(int most) {
        return new MultiportConsoleDriverOptions(features, most, buffers, bufferBytes, line, resetTimeoutNanos);
    }

    /** @param count of each direction of each port */
    public MultiportConsoleDriverOptions withBuffers(int count, int bytes) {
        return new MultiportConsoleDriverOptions(features, ports, count, bytes, line, resetTimeoutNanos);
    }

    public MultiportConsoleDriverOptions withLine(int number) {
        return new MultiportConsoleDriverOptions(features, ports, buffers, bufferBytes, number, resetTimeoutNanos);
    }
}
