// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.console.ConsoleFeatures;

/**
 * How a {@link ConsoleDriver} is to work.
 *
 * @param features what it may accept of what the device offers; VERSION_1 goes without saying, and what the driver does
 *     not implement is left out
 * @param buffers of each direction, 1 to 256; the device's queues may allow fewer
 * @param bufferBytes of each buffer, 1 to 65536
 * @param line the interrupt line of everything that the device has to say
 * @param resetTimeoutNanos how long a reset may take, more than 0
 */
public record ConsoleDriverOptions(
        FeatureBits features, int buffers, int bufferBytes, int line, long resetTimeoutNanos) {
    /** Everything that the driver implements. */
    public static final FeatureBits ALL_FEATURES =
            VirtqueueFormat.FEATURES.with(ConsoleFeatures.SIZE).with(ConsoleFeatures.EMERG_WRITE);

    /** 32 buffers of 4096 bytes in each direction, on line 0; a reset may take 30 seconds. */
    public static final ConsoleDriverOptions DEFAULT =
            new ConsoleDriverOptions(ALL_FEATURES, 32, 4096, 0, 30_000_000_000L);

    private static final int MOST_BUFFERS = 256;
    private static final int LARGEST_BUFFER = 65536;

    public ConsoleDriverOptions {
        features = features.and(ALL_FEATURES);
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

    public ConsoleDriverOptions withFeatures(FeatureBits wanted) {
        return new ConsoleDriverOptions(wanted, buffers, bufferBytes, line, resetTimeoutNanos);
    }

    /** @param count of each direction */
    public ConsoleDriverOptions withBuffers(int count, int bytes) {
        return new ConsoleDriverOptions(features, count, bytes, line, resetTimeoutNanos);
    }

    public ConsoleDriverOptions withLine(int number) {
        return new ConsoleDriverOptions(features, buffers, bufferBytes, number, resetTimeoutNanos);
    }
}
