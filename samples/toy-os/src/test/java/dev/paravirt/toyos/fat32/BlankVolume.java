// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import dev.paravirt.toyos.block.SparseVolume;

/** An empty FAT32 volume, for tests of other packages. */
public final class BlankVolume {
    private BlankVolume() {}

    public static SparseVolume create() {
        return Disk.blank();
    }
}
