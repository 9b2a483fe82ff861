// SPDX-License-Identifier: Apache-2.0
/**
 * What the frames of a network device go to outside this process: a TAP device, datagrams, byte streams, passt; and what
 * can be put between: a capture, and the faults of real networks. {@link dev.paravirt.backend.net.wire.Wire} makes one
 * from a line of text.
 *
 * <p>Each has one thread for what comes in. What goes out is never waited for: a frame that cannot go on its way at once,
 * or be put into a bounded queue, is dropped and counted.
 */
@NullMarked
package dev.paravirt.backend.net.wire;

import org.jspecify.annotations.NullMarked;
