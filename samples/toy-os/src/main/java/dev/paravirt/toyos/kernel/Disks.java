// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import dev.paravirt.toyos.block.BlockVolume;
import org.jspecify.annotations.Nullable;

/**
 * The disks of the machine.
 *
 * @param root holds the FAT32 volume
 * @param scratch may be written over by workloads; null if the machine has just one disk
 */
public record Disks(BlockVolume root, @Nullable ScratchDisk scratch) {}
