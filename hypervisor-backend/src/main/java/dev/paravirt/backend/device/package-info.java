// SPDX-License-Identifier: Apache-2.0
/**
 * What a virtio device is to this hypervisor, and the session that stands between a device and the transport over which
 * a driver reaches it.
 */
@NullMarked
package dev.paravirt.backend.device;

import org.jspecify.annotations.NullMarked;
