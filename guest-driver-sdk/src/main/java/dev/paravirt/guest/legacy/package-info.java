// SPDX-License-Identifier: Apache-2.0
/**
 * Drivers for devices as hardware has them: a 16550A UART, an ATA disk, an NE2000 network card. They stand on ports, and
 * need no hypervisor that knows of them; with one, each access to a port is an exit.
 */
@NullMarked
package dev.paravirt.guest.legacy;

import org.jspecify.annotations.NullMarked;
