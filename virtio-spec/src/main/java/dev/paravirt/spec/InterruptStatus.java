// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec;

/**
 * Why a device notified its driver: the bits of InterruptStatus (VIRTIO 1.4, "MMIO Device Register Layout"), which the
 * hypercall transport uses as the reason word of an interrupt line.
 */
public final class InterruptStatus {
    /** The device has used a buffer in at least one of its virtqueues. */
    public static final int USED_BUFFER = 1;

    /** The configuration changed, or the device set {@link DeviceStatus#DEVICE_NEEDS_RESET}. */
    public static final int CONFIGURATION_CHANGE = 2;

    /** Both bits: all that a driver may acknowledge. */
    public static final int ALL = USED_BUFFER | CONFIGURATION_CHANGE;

    private InterruptStatus() {}
}
