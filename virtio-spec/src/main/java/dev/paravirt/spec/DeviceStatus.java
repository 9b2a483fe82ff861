// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec;

/** Bits of the device status field (VIRTIO 1.4, "Device Status Field"). The field is 8 bits wide; 0 means reset. */
public final class DeviceStatus {
    /** The value after reset, and the value that a driver writes to reset the device. */
    public static final int RESET = 0;

    /** The guest has noticed the device. */
    public static final int ACKNOWLEDGE = 1;

    /** The guest knows how to drive the device. */
    public static final int DRIVER = 2;

    /** The driver is set up; the device may use its virtqueues. */
    public static final int DRIVER_OK = 4;

    /** Feature negotiation is complete. The device leaves the bit clear if it does not accept the driver's choice. */
    public static final int FEATURES_OK = 8;

    /** The driver has suspended the device; only with {@link Features#SUSPEND}. */
    public static final int SUSPEND = 16;

    /** The device met an error from which only a reset recovers. Set by the device alone. */
    public static final int DEVICE_NEEDS_RESET = 64;

    /** The driver has given up on the device. */
    public static final int FAILED = 128;

    /** All bits that VIRTIO 1.4 defines. */
    public static final int ALL =
            ACKNOWLEDGE | DRIVER | DRIVER_OK | FEATURES_OK | SUSPEND | DEVICE_NEEDS_RESET | FAILED;

    private DeviceStatus() {}

    /**
     * The names of the bits that are set, for messages.
     *
     * @param status any value
     * @return for example {@code ACKNOWLEDGE|DRIVER}; {@code RESET} for 0; bits that are not defined in hexadecimal
     */
    public static String describe(int status) {
        if (status == RESET) {
            return "RESET";
        }
        StringBuilder text = new StringBuilder(48);
        append(text, status, ACKNOWLEDGE, "ACKNOWLEDGE");
        append(text, status, DRIVER, "DRIVER");
        append(text, status, FEATURES_OK, "FEATURES_OK");
        append(text, status, DRIVER_OK, "DRIVER_OK");
        append(text, status, SUSPEND, "SUSPEND");
        append(text, status, DEVICE_NEEDS_RESET, "DEVICE_NEEDS_RESET");
        append(text, status, FAILED, "FAILED");
        int undefined = status & ~ALL;
        append(text, undefined, undefined, "0x" + Integer.toHexString(undefined));
        return text.toString();
    }

    private static void append(StringBuilder text, int status, int bit, String name) {
        if ((status & bit) != 0) {
            if (!text.isEmpty()) {
                text.append('|');
            }
            text.append(name);
        }
    }
}
