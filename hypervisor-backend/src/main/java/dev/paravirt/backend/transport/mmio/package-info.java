// SPDX-License-Identifier: Apache-2.0
/** Devices behind the registers of virtio-mmio, for whoever traps a guest's accesses to memory. */
@NullMarked
package dev.paravirt.backend.transport.mmio;

import org.jspecify.annotations.NullMarked;
