// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.hypercall;

import dev.paravirt.spec.FeatureBits;

/**
 * What DEVICE_INFO says of a device, as the hypervisor gave it: any values.
 *
 * @param device its number, from 0 on
 * @param deviceType see {@link dev.paravirt.spec.DeviceType}
 * @param vendor vendor id
 * @param queues one more than its highest virtqueue index, an unsigned number
 * @param configSize bytes of its configuration space, an unsigned number
 * @param features what it offers
 */
public record DeviceDescription(
        int device, int deviceType, int vendor, int queues, int configSize, FeatureBits features) {}
