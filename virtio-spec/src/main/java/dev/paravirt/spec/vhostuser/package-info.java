// SPDX-License-Identifier: Apache-2.0
/**
 * Numbers and layouts of the vhost-user protocol, by which a virtual machine monitor (the front-end) hands the virtqueues
 * of its guest to another process (the back-end). From "Vhost-user Protocol" in QEMU's documentation of interoperability,
 * whose words the names are. All numbers are in the byte order of the machine; here that is little-endian.
 */
@NullMarked
package dev.paravirt.spec.vhostuser;

import org.jspecify.annotations.NullMarked;
