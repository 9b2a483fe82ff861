// SPDX-License-Identifier: Apache-2.0

import org.jspecify.annotations.NullMarked;

/**
 * Constants, layouts and values of VIRTIO 1.4, of the paravirt hypercall transport and of vhost-user.
 *
 * <p>Needs {@code java.base} alone, does no I/O, and may be compiled into freestanding code: static final
 * numbers and static methods over {@code int} and {@code long}.
 */
@NullMarked
module dev.paravirt.spec {
    // Annotations for the compiler; not needed when running.
    requires static org.jspecify;

    exports dev.paravirt.spec;
    exports dev.paravirt.spec.blk;
    exports dev.paravirt.spec.console;
    exports dev.paravirt.spec.hypercall;
    exports dev.paravirt.spec.legacy;
    exports dev.paravirt.spec.mmio;
    exports dev.paravirt.spec.net;
    exports dev.paravirt.spec.ring;
    exports dev.paravirt.spec.trap;
    exports dev.paravirt.spec.vhostuser;
}
