// SPDX-License-Identifier: Apache-2.0
/** The vhost-user block back-end of this project against QEMU's storage daemon, under the same driver. */
@NullMarked
package dev.paravirt.benchmarks.blk;

import org.jspecify.annotations.NullMarked;
