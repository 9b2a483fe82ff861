// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

/**
 * A kind of work, the same for all contenders.
 *
 * @param name on the command line and in files, such as "block-random-4k"
 * @param title for people, such as "random reads of 4 KiB"
 * @param meaning what a request is and what is checked, in a sentence
 * @param unit what is counted, in the singular: "request", "frame", "key"
 * @param bytes of payload of each
 * @param hasLatency whether each has an end that the guest sees, so that its latency is measured
 */
public record Workload(
        String name, Family family, String title, String meaning, String unit, int bytes, boolean hasLatency) {}
