// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.hypercall;

/** What {@link Hypercall#DEVICE_INFO} writes. Byte offsets; fields are little-endian; aligned to 8 bytes. */
public final class DeviceInfo {
    /** le32, see {@link dev.paravirt.spec.DeviceType}; 0 for a placeholder. */
    public static final int DEVICE_ID = 0;

    /** le32. */
    public static final int VENDOR_ID = 4;

    /** le32, how many virtqueues the device can have, 0 to 65536; their indices begin at 0. */
    public static final int NUM_QUEUES = 8;

    /** le32, bytes of the device configuration space. */
    public static final int CONFIG_SIZE = 12;

    /** le64, device features 0 to 63. */
    public static final int DEVICE_FEATURES_LOW = 16;

    /** le64, device features 64 to 127. */
    public static final int DEVICE_FEATURES_HIGH = 24;

    public static final int SIZE = 32;

    private DeviceInfo() {}
}
