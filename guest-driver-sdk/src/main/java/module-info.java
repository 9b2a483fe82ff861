// SPDX-License-Identifier: Apache-2.0

import org.jspecify.annotations.NullMarked;

/** Drivers that an operating system embeds. Only {@code dev.paravirt.guest.jvm} needs a JVM. */
@NullMarked
module dev.paravirt.guest {
    requires static org.jspecify;
    requires transitive dev.paravirt.virtqueue;

    exports dev.paravirt.guest.driver;
    exports dev.paravirt.guest.hypercall;
    exports dev.paravirt.guest.jvm;
    exports dev.paravirt.guest.jvm.vhostuser;
    exports dev.paravirt.guest.legacy;
    exports dev.paravirt.guest.platform;
    exports dev.paravirt.guest.transport;
}
