// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec;

/**
 * Device-independent feature bits (VIRTIO 1.4, "Reserved Feature Bits"). Values are bit numbers, to be used with
 * {@link FeatureBits}.
 */
public final class Features {
    /** VIRTIO_F_NOTIFY_ON_EMPTY; legacy interface only, never offered by a VIRTIO 1 device. */
    public static final int LEGACY_NOTIFY_ON_EMPTY = 24;

    /** VIRTIO_F_ANY_LAYOUT; legacy interface only: a VIRTIO 1 device always accepts any layout. */
    public static final int LEGACY_ANY_LAYOUT = 27;

    /** VIRTIO_F_INDIRECT_DESC: a descriptor may refer to a table of descriptors. */
    public static final int INDIRECT_DESC = 28;

    /** VIRTIO_F_EVENT_IDX: used_event and avail_event, or descriptor events in packed rings. */
    public static final int EVENT_IDX = 29;

    /** VIRTIO_F_VERSION_1: not a legacy device. A device must offer it, a driver must accept it. */
    public static final int VERSION_1 = 32;

    /** VIRTIO_F_ACCESS_PLATFORM: device access to memory is limited or translated. */
    public static final int ACCESS_PLATFORM = 33;

    /** VIRTIO_F_RING_PACKED: the packed virtqueue layout. */
    public static final int RING_PACKED = 34;

    /** VIRTIO_F_IN_ORDER: buffers are used in the order in which they were made available. */
    public static final int IN_ORDER = 35;

    /** VIRTIO_F_ORDER_PLATFORM: barriers as for hardware devices. */
    public static final int ORDER_PLATFORM = 36;

    /** VIRTIO_F_SR_IOV: PCI only. */
    public static final int SR_IOV = 37;

    /** VIRTIO_F_NOTIFICATION_DATA: driver notifications say where the next available entry will be. */
    public static final int NOTIFICATION_DATA = 38;

    /** VIRTIO_F_NOTIF_CONFIG_DATA: driver notifications carry a value that the device chose; defined for PCI. */
    public static final int NOTIF_CONFIG_DATA = 39;

    /** VIRTIO_F_RING_RESET: a virtqueue can be reset on its own. */
    public static final int RING_RESET = 40;

    /** VIRTIO_F_ADMIN_VQ: administration virtqueues; PCI only. */
    public static final int ADMIN_VQ = 41;

    /** VIRTIO_F_SUSPEND: the driver can suspend the device through its status. */
    public static final int SUSPEND = 43;

    /** The bits of this class that a device may offer on virtio-mmio: all but those defined for PCI alone. */
    public static final FeatureBits MMIO = FeatureBits.of(
            INDIRECT_DESC,
            EVENT_IDX,
            VERSION_1,
            ACCESS_PLATFORM,
            RING_PACKED,
            IN_ORDER,
            ORDER_PLATFORM,
            NOTIFICATION_DATA,
            RING_RESET,
            SUSPEND);

    /**
     * The bits of this class that a device may offer on the hypercall transport. Its addresses are guest-physical and
     * its two sides are software on one machine, so neither ACCESS_PLATFORM nor ORDER_PLATFORM has a meaning there.
     */
    public static final FeatureBits HYPERCALL = FeatureBits.of(
            INDIRECT_DESC, EVENT_IDX, VERSION_1, RING_PACKED, IN_ORDER, NOTIFICATION_DATA, RING_RESET, SUSPEND);

    /**
     * The bits of this class that a front-end can carry over vhost-user. Its doorbells have no room for notification
     * data, and no message resets a single ring.
     */
    public static final FeatureBits VHOST_USER =
            FeatureBits.of(INDIRECT_DESC, EVENT_IDX, VERSION_1, RING_PACKED, IN_ORDER, ORDER_PLATFORM);

    private Features() {}

    /**
     * Whether a bit number belongs to the device type rather than to rings, negotiation or the future: 0 to 23, 41, 42
     * and 50 to 127 (VIRTIO 1.4, "Feature Bits").
     *
     * <p>Bit 41 is in both lists of the specification: the network device used it before {@link #ADMIN_VQ} did.
     */
    public static boolean isDeviceSpecific(int bit) {
        return (bit >= 0 && bit <= 23) || bit == 41 || bit == 42 || (bit >= 50 && bit < FeatureBits.WIDTH);
    }

    /**
     * The specification's name of a device-independent bit.
     *
     * @param bit any number
     * @return for example {@code VIRTIO_F_VERSION_1}, or {@code bit 77} for a bit that is not listed here
     */
    public static String name(int bit) {
        return switch (bit) {
            case LEGACY_NOTIFY_ON_EMPTY -> "VIRTIO_F_NOTIFY_ON_EMPTY";
            case LEGACY_ANY_LAYOUT -> "VIRTIO_F_ANY_LAYOUT";
            case INDIRECT_DESC -> "VIRTIO_F_INDIRECT_DESC";
            case EVENT_IDX -> "VIRTIO_F_EVENT_IDX";
            case VERSION_1 -> "VIRTIO_F_VERSION_1";
            case ACCESS_PLATFORM -> "VIRTIO_F_ACCESS_PLATFORM";
            case RING_PACKED -> "VIRTIO_F_RING_PACKED";
            case IN_ORDER -> "VIRTIO_F_IN_ORDER";
            case ORDER_PLATFORM -> "VIRTIO_F_ORDER_PLATFORM";
            case SR_IOV -> "VIRTIO_F_SR_IOV";
            case NOTIFICATION_DATA -> "VIRTIO_F_NOTIFICATION_DATA";
            case NOTIF_CONFIG_DATA -> "VIRTIO_F_NOTIF_CONFIG_DATA";
            case RING_RESET -> "VIRTIO_F_RING_RESET";
            case ADMIN_VQ -> "VIRTIO_F_ADMIN_VQ";
            case SUSPEND -> "VIRTIO_F_SUSPEND";
            default -> "bit " + bit;
        };
    }
}
