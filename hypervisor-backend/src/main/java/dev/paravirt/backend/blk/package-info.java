// SPDX-License-Identifier: Apache-2.0
/**
 * The block device (VIRTIO 1.4, "Block Device"), the images that it serves and the engine that does I/O which may wait.
 */
@NullMarked
package dev.paravirt.backend.blk;

import org.jspecify.annotations.NullMarked;
