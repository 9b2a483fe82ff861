// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

/**
 * What requests of a disk are like.
 *
 * @param bytes of each, whole sectors
 * @param isRandom anywhere on the disk; or one behind the other
 * @param isWrite or a read
 */
record BlockPattern(int bytes, boolean isRandom, boolean isWrite) {}
