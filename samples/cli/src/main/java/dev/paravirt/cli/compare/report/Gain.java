// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.report;

import dev.paravirt.cli.compare.workload.ContenderNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Divides the gain into its parts: a chain of contenders, each of which differs from the one before in one thing. */
final class Gain {
    /** The workload with all of these contenders. */
    private static final String WORKLOAD = "block-random-4k";

    private static final int DEPTH = 32;

    private record Link(String change, String contender, int depth) {}

    private static final List<Link> CHAIN = List.of(
            new Link("", ContenderNames.TRAPPED_WORDS, 1),
            new Link("one exit for a block of words", ContenderNames.TRAPPED_STRINGS, 1),
            new Link("a ring in memory in place of the task file", ContenderNames.MMIO, 1),
            new Link("notifications and interrupts without registers", ContenderNames.HYPERCALL, 1),
            new Link("requests side by side", ContenderNames.HYPERCALL_NOTIFIED, DEPTH),
            new Link("notifications suppressed", ContenderNames.HYPERCALL_SINGLY, DEPTH),
            new Link("requests made visible in batches", ContenderNames.HYPERCALL, DEPTH),
            new Link("polling", ContenderNames.HYPERCALL_POLLING, DEPTH));

    private Gain() {}

    static List<GainStep> of(Report report) {
        List<GainStep> steps = new ArrayList<>();
        report.workload(WORKLOAD).ifPresent(measured -> addSteps(measured, steps));
        return steps;
    }

    private static void addSteps(WorkloadResult measured, List<GainStep> steps) {
        Result before = null;
        for (Link link : CHAIN) {
            Optional<Result> found = measured.find(link.contender(), link.depth());
            if (found.isPresent()) {
                if (before != null) {
                    steps.add(new GainStep(link.change(), before, found.get()));
                }
                before = found.get();
            }
        }
    }
}
