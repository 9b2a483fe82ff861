// SPDX-License-Identifier: Apache-2.0
/**
 * Devices for virtual machines of any monitor that speaks vhost-user: QEMU, Cloud Hypervisor, User-Mode Linux, DPDK. Here
 * this is the back-end: the monitor, as the front-end, passes on the memory of its guest and the virtqueues in it.
 */
@NullMarked
package dev.paravirt.backend.transport.vhostuser;

import org.jspecify.annotations.NullMarked;
