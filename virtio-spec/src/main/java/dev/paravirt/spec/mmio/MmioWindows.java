// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.mmio;

/**
 * Where a machine has its virtio-mmio devices, if it does not say so in a device tree: as QEMU's microvm has them. A window
 * without a device has DeviceID 0, or reads as all ones (VIRTIO 1.4, "MMIO Device Discovery").
 */
public final class MmioWindows {
    /** Guest-physical address of the first window. */
    public static final long BASE = 0xfeb0_0000L;

    /** Bytes of each, one behind the other. */
    public static final int SIZE = 0x200;

    /** How many there may be. */
    public static final int COUNT = 8;

    private MmioWindows() {}
}
