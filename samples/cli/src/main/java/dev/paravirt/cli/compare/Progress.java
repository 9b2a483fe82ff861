// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

/** Hears how far a comparison is. */
@FunctionalInterface
public interface Progress {
    /**
     * A contender's turn is over.
     *
     * @param round that is under way; 0 warms up
     * @param turns that are over in this round
     */
    void turn(int round, int turns);
}
