// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.mmio;

/**
 * Registers of virtio-mmio version 2, as byte offsets from the base of the device (VIRTIO 1.4, "MMIO Device Register
 * Layout"). All registers below {@link #CONFIG} are 32 bits wide, little-endian, and accessed whole and aligned.
 */
public final class MmioRegisters {
    /** MagicValue, R: {@link #MAGIC}. */
    public static final int MAGIC_VALUE = 0x000;

    /** Version, R: {@link #VERSION_2}. */
    public static final int VERSION = 0x004;

    /** DeviceID, R: see {@link dev.paravirt.spec.DeviceType}; 0 for a placeholder. */
    public static final int DEVICE_ID = 0x008;

    /** VendorID, R. */
    public static final int VENDOR_ID = 0x00c;

    /** DeviceFeatures, R: the 32 bits selected by {@link #DEVICE_FEATURES_SEL}. */
    public static final int DEVICE_FEATURES = 0x010;

    /** DeviceFeaturesSel, W. */
    public static final int DEVICE_FEATURES_SEL = 0x014;

    /** DriverFeatures, W: the 32 bits selected by {@link #DRIVER_FEATURES_SEL}. */
    public static final int DRIVER_FEATURES = 0x020;

    /** DriverFeaturesSel, W. */
    public static final int DRIVER_FEATURES_SEL = 0x024;

    /** QueueSel, W: which virtqueue the queue registers speak of. */
    public static final int QUEUE_SEL = 0x030;

    /** QueueSizeMax, R: 0 if there is no such queue. */
    public static final int QUEUE_SIZE_MAX = 0x034;

    /** QueueSize, W. */
    public static final int QUEUE_SIZE = 0x038;

    /** QueueReady, RW. */
    public static final int QUEUE_READY = 0x044;

    /** QueueNotify, W: see {@link dev.paravirt.spec.ring.NotificationData}. */
    public static final int QUEUE_NOTIFY = 0x050;

    /** InterruptStatus, R: see {@link dev.paravirt.spec.InterruptStatus}. */
    public static final int INTERRUPT_STATUS = 0x060;

    /** InterruptACK, W. */
    public static final int INTERRUPT_ACK = 0x064;

    /** Status, RW: see {@link dev.paravirt.spec.DeviceStatus}; writing 0 resets the device. */
    public static final int STATUS = 0x070;

    /** QueueDescLow, W. */
    public static final int QUEUE_DESC_LOW = 0x080;

    /** QueueDescHigh, W. */
    public static final int QUEUE_DESC_HIGH = 0x084;

    /** QueueDriverLow, W. */
    public static final int QUEUE_DRIVER_LOW = 0x090;

    /** QueueDriverHigh, W. */
    public static final int QUEUE_DRIVER_HIGH = 0x094;

    /** QueueDeviceLow, W. */
    public static final int QUEUE_DEVICE_LOW = 0x0a0;

    /** QueueDeviceHigh, W. */
    public static final int QUEUE_DEVICE_HIGH = 0x0a4;

    /** SHMSel, W. */
    public static final int SHM_SEL = 0x0ac;

    /** SHMLenLow, R. */
    public static final int SHM_LEN_LOW = 0x0b0;

    /** SHMLenHigh, R. */
    public static final int SHM_LEN_HIGH = 0x0b4;

    /** SHMBaseLow, R. */
    public static final int SHM_BASE_LOW = 0x0b8;

    /** SHMBaseHigh, R. */
    public static final int SHM_BASE_HIGH = 0x0bc;

    /** QueueReset, RW: reads 1 while the reset goes on. */
    public static final int QUEUE_RESET = 0x0c0;

    /** ConfigGeneration, R. */
    public static final int CONFIG_GENERATION = 0x0fc;

    /** Where the device configuration space begins; RW, accessed by the width of each field. */
    public static final int CONFIG = 0x100;

    /** The value of {@link #MAGIC_VALUE}: "virt". */
    public static final int MAGIC = 0x74726976;

    /** The value of {@link #VERSION} of the devices that this class describes. */
    public static final int VERSION_2 = 2;

    /** The value of {@link #VERSION} of a legacy device, which has another register layout. */
    public static final int VERSION_LEGACY = 1;

    /** Length and base, all 64 bits, of a shared memory region that does not exist. */
    public static final long SHM_ABSENT = -1L;

    private MmioRegisters() {}

    /**
     * Whether a driver may read the register; false for an offset that is none.
     *
     * @param offset below {@link #CONFIG}
     */
    public static boolean isReadable(int offset) {
        return switch (offset) {
            case MAGIC_VALUE,
                    VERSION,
                    DEVICE_ID,
                    VENDOR_ID,
                    DEVICE_FEATURES,
                    QUEUE_SIZE_MAX,
                    QUEUE_READY,
                    INTERRUPT_STATUS,
                    STATUS,
                    SHM_LEN_LOW,
                    SHM_LEN_HIGH,
                    SHM_BASE_LOW,
                    SHM_BASE_HIGH,
                    QUEUE_RESET,
                    CONFIG_GENERATION -> true;
            default -> false;
        };
    }

    /**
     * Whether a driver may write the register; false for an offset that is none.
     *
     * @param offset below {@link #CONFIG}
     */
    public static boolean isWritable(int offset) {
        return switch (offset) {
            case DEVICE_FEATURES_SEL,
                    DRIVER_FEATURES,
                    DRIVER_FEATURES_SEL,
                    QUEUE_SEL,
                    QUEUE_SIZE,
                    QUEUE_READY,
                    QUEUE_NOTIFY,
                    INTERRUPT_ACK,
                    STATUS,
                    QUEUE_DESC_LOW,
                    QUEUE_DESC_HIGH,
                    QUEUE_DRIVER_LOW,
                    QUEUE_DRIVER_HIGH,
                    QUEUE_DEVICE_LOW,
                    QUEUE_DEVICE_HIGH,
                    SHM_SEL,
                    QUEUE_RESET -> true;
            default -> false;
        };
    }
}
