// SPDX-License-Identifier: Apache-2.0
/**
 * The front-end's role in vhost-user: drivers of this SDK on devices that another process serves, such as
 * {@code qemu-storage-daemon} or {@code dpdk-testpmd}. Begin with {@link
 * dev.paravirt.guest.jvm.vhostuser.VhostUserDevice}. Linux only.
 */
@NullMarked
package dev.paravirt.guest.jvm.vhostuser;

import org.jspecify.annotations.NullMarked;
