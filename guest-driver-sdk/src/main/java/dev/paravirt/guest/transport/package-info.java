// SPDX-License-Identifier: Apache-2.0
/**
 * How a driver reaches one device: by hypercall, or by virtio-mmio registers (VIRTIO 1.4, "Virtio Transport Options").
 * Freestanding: no threads, no locks, nothing allocated on the path of a request.
 */
@NullMarked
package dev.paravirt.guest.transport;

import org.jspecify.annotations.NullMarked;
