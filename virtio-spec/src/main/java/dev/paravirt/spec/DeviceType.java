// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec;

/**
 * Device IDs (VIRTIO 1.4, "Device Types").
 *
 * <p>Plain numbers rather than an enum: the ID comes from the other side, and an ID that nobody here knows is
 * ordinary input, not an error.
 */
public final class DeviceType {
    /** Not a device: a placeholder, which a driver ignores without complaint. */
    public static final int INVALID = 0;

    public static final int NETWORK = 1;
    public static final int BLOCK = 2;
    public static final int CONSOLE = 3;
    public static final int ENTROPY = 4;
    public static final int TRADITIONAL_BALLOON = 5;
    public static final int SCSI_HOST = 8;
    public static final int GPU = 16;
    public static final int RTC = 17;
    public static final int INPUT = 18;
    public static final int SOCKET = 19;
    public static final int CRYPTO = 20;
    public static final int IOMMU = 23;
    public static final int MEMORY = 24;
    public static final int SOUND = 25;
    public static final int FILE_SYSTEM = 26;
    public static final int PMEM = 27;
    public static final int RPMB = 28;
    public static final int SCMI = 32;
    public static final int I2C = 34;
    public static final int CAN = 36;
    public static final int GPIO = 41;
    public static final int SPI = 45;
    public static final int MEDIA = 48;

    private DeviceType() {}

    /**
     * The words for a device ID in a message to a person.
     *
     * @param deviceId any value, also one that a peer made up
     * @return for example {@code block device}, or {@code device type 77} for an ID that is not listed here
     */
    public static String describe(int deviceId) {
        return switch (deviceId) {
            case INVALID -> "no device";
            case NETWORK -> "network device";
            case BLOCK -> "block device";
            case CONSOLE -> "console";
            case ENTROPY -> "entropy source";
            case TRADITIONAL_BALLOON -> "traditional memory balloon";
            case SCSI_HOST -> "SCSI host";
            case GPU -> "GPU device";
            case RTC -> "RTC device";
            case INPUT -> "input device";
            case SOCKET -> "socket device";
            case CRYPTO -> "crypto device";
            case IOMMU -> "IOMMU device";
            case MEMORY -> "memory device";
            case SOUND -> "sound device";
            case FILE_SYSTEM -> "file system device";
            case PMEM -> "PMEM device";
            case RPMB -> "RPMB device";
            case SCMI -> "SCMI device";
            case I2C -> "I2C adapter";
            case CAN -> "CAN device";
            case GPIO -> "GPIO device";
            case SPI -> "SPI controller";
            case MEDIA -> "media device";
            default -> "device type " + Integer.toUnsignedString(deviceId);
        };
    }
}
