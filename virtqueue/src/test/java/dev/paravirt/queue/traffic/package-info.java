// SPDX-License-Identifier: Apache-2.0
/**
 * Traffic that checks itself, for whatever carries a virtqueue: a driver that makes requests of random shape and checks
 * every byte of what comes back, a device that answers them, and a count of what they leave open. Only public API is used,
 * and the classes are published as a test jar, so that the same traffic runs within one thread, between threads and between
 * processes.
 */
@NullMarked
package dev.paravirt.queue.traffic;

import org.jspecify.annotations.NullMarked;
