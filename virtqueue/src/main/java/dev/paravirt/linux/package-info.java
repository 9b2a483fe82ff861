// SPDX-License-Identifier: Apache-2.0
/**
 * The Linux system calls that the carriers, disks and networks need: shared memory, doorbells, sockets that carry
 * descriptors, positional file I/O, TAP devices.
 *
 * <p>This package holds every downcall of the project. It is exported to the two sides of the framework only. A call
 * that fails throws a {@link dev.paravirt.linux.LinuxException} which names the operation, the file and the error
 * number. Nothing is looked up before first use: on another operating system each entry point throws an
 * {@link java.lang.UnsupportedOperationException} that says so, and {@link dev.paravirt.linux.Linux#isSupported()}
 * tells beforehand.
 *
 * <p>The calls of the request path (eventfd signal and drain, epoll and poll waits, positional reads and writes,
 * fdatasync, frames of a TAP device) allocate nothing once compiled and take no lock.
 */
@NullMarked
package dev.paravirt.linux;

import org.jspecify.annotations.NullMarked;
