// SPDX-License-Identifier: Apache-2.0

import org.jspecify.annotations.NullMarked;

/** A small operating system that embeds the guest driver SDK. */
@NullMarked
module dev.paravirt.toyos {
    requires static org.jspecify;
    requires dev.paravirt.guest;
    requires HdrHistogram;

    exports dev.paravirt.toyos.boot;
    exports dev.paravirt.toyos.abi to
            dev.paravirt.cli;
    exports dev.paravirt.toyos.block;
    exports dev.paravirt.toyos.fat32;
}
