// SPDX-License-Identifier: Apache-2.0

import org.jspecify.annotations.NullMarked;

/** Drivers that an operating system embeds. Only {@code dev.paravirt.guest.jvm} needs a JVM. */
@NullMarked
module dev.paravirt.guest {
    requires static org.jspecify;
    requires transitive dev.paravirt.virtqueue;

    exports dev.paravirt.guest.jvm;
}
