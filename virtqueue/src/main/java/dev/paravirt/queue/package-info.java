// SPDX-License-Identifier: Apache-2.0
/**
 * Virtqueues, split and packed, as the driver and as the device sees them (VIRTIO 1.4, "Virtqueues").
 *
 * <p>A queue has one owner thread at a time on each side. The two sides share nothing but guest memory: what one
 * publishes with a release store the other observes with an acquire load, and before each decision whether to notify
 * stands one full fence. Nothing here blocks, takes a lock or, after construction, allocates.
 */
@NullMarked
package dev.paravirt.queue;

import org.jspecify.annotations.NullMarked;
