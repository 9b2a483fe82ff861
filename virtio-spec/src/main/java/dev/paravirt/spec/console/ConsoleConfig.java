// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.console;

import dev.paravirt.spec.FeatureBits;

/**
 * The configuration space of the console: struct virtio_console_config (VIRTIO 1.4, "Console Device / Device
 * configuration layout"). Byte offsets; fields are little-endian.
 */
public final class ConsoleConfig {
    /** le16, characters; of port 0; with SIZE. */
    public static final int COLS = 0;

    /** le16, characters; of port 0; with SIZE. */
    public static final int ROWS = 2;

    /** le32; with MULTIPORT. */
    public static final int MAX_NR_PORTS = 4;

    /** le32, writable at any time, even before negotiation: the device prints its lower byte; with EMERG_WRITE. */
    public static final int EMERG_WR = 8;

    /** Size of the whole structure. */
    public static final int SIZE = 12;

    private ConsoleConfig() {}

    /**
     * How much of the structure must be there for a device with these features. A driver checks that the configuration
     * space is at least this large, and accepts any larger one.
     */
    public static int requiredSize(FeatureBits features) {
        if (features.has(ConsoleFeatures.EMERG_WRITE)) {
            return SIZE;
        }
        if (features.has(ConsoleFeatures.MULTIPORT)) {
            return MAX_NR_PORTS + 4;
        }
        return features.has(ConsoleFeatures.SIZE) ? ROWS + 2 : 0;
    }
}
