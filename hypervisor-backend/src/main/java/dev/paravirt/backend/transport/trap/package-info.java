// SPDX-License-Identifier: Apache-2.0
/**
 * Devices behind registers of which each access is an exit: the guest stops, the hypervisor acts, the guest goes on. An
 * exit is handed to another thread ({@link dev.paravirt.backend.transport.trap.ThreadGuest}) or to another process
 * ({@link dev.paravirt.backend.transport.trap.TrapMachine}), and counted.
 */
@NullMarked
package dev.paravirt.backend.transport.trap;

import org.jspecify.annotations.NullMarked;
