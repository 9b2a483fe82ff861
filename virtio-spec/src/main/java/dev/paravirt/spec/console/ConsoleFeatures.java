// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.console;

import dev.paravirt.spec.Features;

/** Feature bits of the console device, as bit numbers (VIRTIO 1.4, "Console Device / Feature bits"). */
public final class ConsoleFeatures {
    /** VIRTIO_CONSOLE_F_SIZE: cols and rows are valid. */
    public static final int SIZE = 0;

    /** VIRTIO_CONSOLE_F_MULTIPORT: max_nr_ports is valid and the control virtqueues are there. */
    public static final int MULTIPORT = 1;

    /** VIRTIO_CONSOLE_F_EMERG_WRITE: emerg_wr is valid. */
    public static final int EMERG_WRITE = 2;

    private ConsoleFeatures() {}

    /** The specification's name of a bit that a console may offer; {@code bit N} for others. */
    public static String name(int bit) {
        return switch (bit) {
            case SIZE -> "VIRTIO_CONSOLE_F_SIZE";
            case MULTIPORT -> "VIRTIO_CONSOLE_F_MULTIPORT";
            case EMERG_WRITE -> "VIRTIO_CONSOLE_F_EMERG_WRITE";
            default -> Features.name(bit);
        };
    }
}
