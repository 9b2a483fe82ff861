// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

/**
 * How worn a device says its medium is; the numbers are explained at {@link dev.paravirt.spec.blk.BlkLifetime}.
 *
 * @param preEndOfLife reserved blocks consumed: 0 unknown, 1 normal, 2 warning, 3 urgent
 * @param estimateA wear of SLC cells in steps of 10 percent, 11 for the end, 0 unknown
 * @param estimateB wear of MLC cells likewise
 */
public record BlockLifetime(int preEndOfLife, int estimateA, int estimateB) {}
