// SPDX-License-Identifier: Apache-2.0
/** Rings alone: buffers a second from a driver thread to a device thread and back. */
@NullMarked
package dev.paravirt.benchmarks.ring;

import org.jspecify.annotations.NullMarked;
