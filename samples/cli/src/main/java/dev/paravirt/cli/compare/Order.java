// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

/** In which order contenders have their turns in a round. */
enum Order {
    /** Always the same. */
    SAME,
    /** Neighbours, of whom there is an even number, change places from round to round: neither is always the second. */
    PAIRS_SWAP;

    /** Which contender has its turn at a place. */
    int at(int place, int round) {
        return this == SAME || round % 2 == 0 ? place : place ^ 1;
    }
}
