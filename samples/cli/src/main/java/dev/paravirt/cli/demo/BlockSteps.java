// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.util.function.Consumer;

/** How far a guest has come that works on files, warms up, and measures a disk: from the steps that it reports. */
final class BlockSteps implements Consumer<ReportLine> {
    private static final int FILES_PERCENT = 15;
    private static final int WARM_PERCENT = 30;

    private final Progress progress;
    private int measuring;

    BlockSteps(Progress progress) {
        this.progress = progress;
    }

    /** The commands take about this much of the time, up to the measuring ones, of which the last takes most. */
    @Override
    public void accept(ReportLine step) {
        String what = step.text("what");
        if (!step.text("program").equals("blockbench")) {
            measuring += what.startsWith("blockbench") ? 1 : 0;
            if (measuring == 0) {
                progress.at(share(0, FILES_PERCENT, step), "files: " + what);
            }
        } else if (measuring == 1) {
            progress.at(share(FILES_PERCENT, WARM_PERCENT, step), "warming up: " + what);
        } else {
            progress.at(share(WARM_PERCENT, 100, step), "measuring: " + what);
        }
    }

    /** The percentage at the start of a step. The guest may say what it likes: it comes to something between the two. */
    static int share(int from, int to, ReportLine step) {
        double done = (double) (step.number("step") - 1) / Math.max(1, step.number("steps"));
        return from + (int) (Math.clamp(done, 0, 1) * (to - from));
    }
}
