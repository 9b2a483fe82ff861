// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.benchmarks.net;

import java.util.ArrayList;
import java.util.List;

/**
 * What is to be moved, and for how long.
 *
 * @param under a command to run both processes under; empty for none
 * @param packed packed rings, or split ones
 * @param receive whether the driver receives, or sends
 * @param warmUp seconds that do not count
 * @param seconds that count
 */
record Flow(List<String> under, boolean packed, boolean receive, int warmUp, int seconds) {
    /** A command line, to be run as this flow wants it. */
    List<String> command(List<String> words) {
        List<String> command = new ArrayList<>(under);
        command.addAll(words);
        return command;
    }

    @Override
    public String toString() {
        return (receive ? "device to driver, " : "driver to device, ") + (packed ? "packed" : "split");
    }
}
