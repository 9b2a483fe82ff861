// SPDX-License-Identifier: Apache-2.0
/**
 * Devices for virtual machines of any monitor that speaks vhost-user: QEMU, Cloud Hypervisor, User-Mode Linux, DPDK. Here
 * this is the back-end: the monitor, as the front-end, passes on the memory of its guest and the virtqueues in it.
 *
 * <p>Not offered, so that a front-end that wants it knows that it has to do without:
 *
 * <ul>
 *   <li>DEVICE_STATE, by which a device that migrates takes along what is neither in the guest's memory nor in the
 *       configuration space. A front-end that needs it then refuses to migrate, rather than to lose anything. Front-ends
 *       that migrate without it lose nothing of a block device, whose write cache is switched in the configuration space
 *       and has to be switched again at the other end; nor of a network device if they keep the control queue for
 *       themselves ({@link dev.paravirt.backend.net.NetOptions#controlInFront}). Of a network device that has the control
 *       queue they lose what was commanded there: address, receive filter and VLANs, pairs in use, hashes, offloads,
 *       coalescing. Of a console they lose what its end has not read so far, and which ports the driver has open.
 *   <li>HOST_NOTIFIER and BACKEND_SEND_FD: there is no page of a real device to map into the guest, and nothing else to
 *       send along.
 *   <li>PAGEFAULT: memory that arrives after its guest. An access that waits for a page would hold up all threads of a JVM.
 *   <li>CROSS_ENDIAN: for legacy drivers. CRYPTO_SESSION, SHARED_OBJECT: for devices that there are none of here.
 *       XEN_MMAP: for memory of Xen's.
 * </ul>
 */
@NullMarked
package dev.paravirt.backend.transport.vhostuser;

import org.jspecify.annotations.NullMarked;
