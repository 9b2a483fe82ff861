// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.blk;

/**
 * Requests of one block each, anywhere on the disk.
 *
 * @param write or read
 * @param depth requests that are under way at once
 */
record Load(boolean write, int depth) {
    @Override
    public String toString() {
        return (write ? "writes" : "reads") + ", depth " + depth;
    }
}
