// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.trap;

/**
 * How often a guest stopped at one register, in one direction.
 *
 * @param write whether the guest wrote
 * @param string whether each exit moved many values (REP INS, REP OUTS)
 * @param exits of them
 * @param bytes that they moved together
 */
public record ExitCount(String device, String register, boolean write, boolean string, long exits, long bytes) {}
