// SPDX-License-Identifier: Apache-2.0
/** Hypercalls with types and names, as HYPERCALLS.md of the module virtio-spec specifies them. Freestanding. */
@NullMarked
package dev.paravirt.guest.hypercall;

import org.jspecify.annotations.NullMarked;
