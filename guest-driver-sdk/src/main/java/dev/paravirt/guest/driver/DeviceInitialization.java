// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.spec.DeviceStatus;
import dev.paravirt.spec.DeviceType;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Features;

/**
 * The sequence that brings a device up, once for all drivers and transports (VIRTIO 1.4, "Driver Requirements: Device
 * Initialization"): {@link #begin} resets the device, acknowledges it and negotiates features; the driver then reads the
 * configuration and sets up its queues; {@link #finish} sets DRIVER_OK. A device that cannot be driven is left with
 * FAILED in its status.
 */
public final class DeviceInitialization {
    private static final int DRIVER = DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER;

    private DeviceInitialization() {}

    /**
     * Steps 1 to 6: reset to FEATURES_OK.
     *
     * @param deviceType the one that the driver drives
     * @param wanted what the driver can use, ring features included; VERSION_1 goes without saying
     * @param resetTimeoutNanos how long a reset may take
     * @return what both sides have accepted
     * @throws DeviceException if the device is of another type, a legacy device, or refuses
     */
    public static FeatureBits begin(Transport transport, int deviceType, FeatureBits wanted, long resetTimeoutNanos)
            throws DeviceException {
        if (transport.deviceType() != deviceType) {
            throw new DeviceException(transport.name() + " is no " + DeviceType.describe(deviceType));
        }
        transport.reset(resetTimeoutNanos);
        transport.setStatus(DeviceStatus.ACKNOWLEDGE);
        transport.setStatus(DRIVER);
        FeatureBits offered = transport.deviceFeatures();
        if (!offered.has(Features.VERSION_1)) {
            throw giveUp(transport, DRIVER, "is a legacy device: it does not offer VIRTIO_F_VERSION_1");
        }
        FeatureBits accepted = usable(transport, wanted).and(offered).with(Features.VERSION_1);
        if (!transport.negotiate(accepted, DRIVER)) {
            throw giveUp(
                    transport,
                    DRIVER,
                    "does not accept the features " + accepted + " of the " + offered + " that it offers");
        }
        return accepted;
    }

    /** Of the reserved bits, only what the transport can carry. */
    private static FeatureBits usable(Transport transport, FeatureBits wanted) {
        FeatureBits usable = wanted;
        for (int bit = wanted.next(0); bit >= 0; bit = wanted.next(bit + 1)) {
            if (!Features.isDeviceSpecific(bit)
                    && !transport.transportFeatures().has(bit)) {
                usable = usable.without(bit);
            }
        }
        return usable;
    }

    /**
     * Step 8: DRIVER_OK.
     *
     * @throws DeviceException if the device then asks for a reset, or a queue could not be set up
     */
    public static void finish(Transport transport) throws DeviceException {
        transport.setStatus(DRIVER | DeviceStatus.FEATURES_OK | DeviceStatus.DRIVER_OK);
        int status = transport.status();
        if ((status & DeviceStatus.DRIVER_OK) == 0 || (status & DeviceStatus.DEVICE_NEEDS_RESET) != 0) {
            throw new DeviceException(
                    transport.name() + " did not start; its status is " + DeviceStatus.describe(status));
        }
    }

    /**
     * Tells the device that its driver gives up, in an initialization that has come as far as FEATURES_OK.
     *
     * @param reason what the device did, as the rest of a sentence that begins with its name
     * @return what to throw
     */
    static DeviceException giveUp(Transport transport, String reason) {
        return giveUp(transport, DRIVER | DeviceStatus.FEATURES_OK, reason);
    }

    private static DeviceException giveUp(Transport transport, int status, String reason) {
        DeviceException failure = new DeviceException(transport.name() + " " + reason);
        try {
            transport.setStatus(status | DeviceStatus.FAILED);
            int now = transport.status();
            if ((now & DeviceStatus.FAILED) == 0) {
                failure.addSuppressed(new DeviceException("status afterwards: " + DeviceStatus.describe(now)));
            }
        } catch (DeviceException second) {
            failure.addSuppressed(second);
        }
        return failure;
    }
}
