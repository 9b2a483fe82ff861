// SPDX-License-Identifier: Apache-2.0

import org.jspecify.annotations.NullMarked;

/**
 * Guest memory, both sides of split and packed virtqueues, the messages of vhost-user, and the Linux calls that the other
 * modules need. The only module that makes native calls.
 */
@NullMarked
module dev.paravirt.virtqueue {
    requires static org.jspecify;
    // For SIGWINCH alone, see dev.paravirt.linux.Signals.
    requires jdk.unsupported;
    requires transitive dev.paravirt.spec;

    exports dev.paravirt.memory;
    exports dev.paravirt.queue;
    exports dev.paravirt.linux to
            dev.paravirt.backend,
            dev.paravirt.guest,
            dev.paravirt.cli;
    exports dev.paravirt.vhostuser to
            dev.paravirt.backend,
            dev.paravirt.guest;
}
