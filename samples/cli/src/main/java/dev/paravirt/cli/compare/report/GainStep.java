// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

/**
 * One part of what paravirtualization gains: two contenders that differ in one thing.
 *
 * @param name of that thing
 */
public record GainStep(String name, Result from, Result to) {
    /** How many times as many requests a second. */
    public double times() {
        return to.median() / from.median();
    }

    /** Whether the spread of the rounds does not cover it. */
    public boolean isBelieved() {
        return to.differsFrom(from);
    }

    /** {@link #times} in words, or that there is no difference. */
    public String verdict() {
        return WorkloadResult.verdict(to, from);
    }
}
