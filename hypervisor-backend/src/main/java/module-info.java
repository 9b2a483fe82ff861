// SPDX-License-Identifier: Apache-2.0

import org.jspecify.annotations.NullMarked;

/** Virtio devices, and the transports that offer them to guests. */
@NullMarked
module dev.paravirt.backend {
    requires static org.jspecify;
    requires transitive dev.paravirt.virtqueue;
    requires transitive io.netty.buffer;
    requires org.jctools.core.jdk11;
    requires org.slf4j;

    exports dev.paravirt.backend.blk;
    exports dev.paravirt.backend.console;
    exports dev.paravirt.backend.device;
    exports dev.paravirt.backend.legacy;
    exports dev.paravirt.backend.net;
    exports dev.paravirt.backend.net.wire;
    exports dev.paravirt.backend.transport.hypercall;
    exports dev.paravirt.backend.transport.mmio;
    exports dev.paravirt.backend.transport.trap;
    exports dev.paravirt.backend.transport.vhostuser;
    exports dev.paravirt.backend.worker;
}
