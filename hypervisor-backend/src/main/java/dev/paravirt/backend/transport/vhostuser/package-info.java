// SPDX-License-Identifier: Apache-2.0
/**
 * Devices for virtual machines of any monitor that speaks vhost-user: QEMU, Cloud Hypervisor, User-Mode Linux, DPDK. Here
 * this is the back-end: the monitor, as the front-end, passes on the memory of its guest and the virtqueues in it.
 *
 * <p>A device that keeps something for its driver, as a {@link dev.paravirt.backend.device.MovableDevice} does, takes it along
 * when the guest migrates, if the front-end asks for it (DEVICE_STATE): of a network device what was commanded through its control
 * queue, that is address, receive filter and VLANs, pairs in use, hashes, offloads and coalescing; of a console the input that
 * was not read, how far output was taken, and which ports the driver has open. The front-end asks after it has stopped all rings
 * and before it resets the device, and loads before it starts one. A block device keeps its cache mode alone, which is in the
 * configuration space, and is switched again from there. A guest can only move between devices of the same shape and version.
 *
 * <p>Not offered, so that a front-end that wants it knows that it has to do without:
 *
 * <ul>
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
