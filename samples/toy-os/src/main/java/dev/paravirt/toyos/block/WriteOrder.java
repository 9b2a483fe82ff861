// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.block;

/**
 * In which order dirty blocks reach the disk. All of one kind are durable before the first of the next is written, so
 * that after a crash nothing on the disk refers to something that is not there yet.
 */
public enum WriteOrder {
    /** What files contain. */
    DATA,
    /** Which parts of the disk are in use, and how they are chained. */
    ALLOCATION,
    /** Names, sizes, and where a file starts. */
    DIRECTORY
}
