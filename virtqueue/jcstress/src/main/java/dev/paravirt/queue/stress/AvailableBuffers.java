// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.stress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** What the driver wrote before it published is there when the device observes it, for all of a batch. */
public class AvailableBuffers {
    @JCStressTest
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "nothing yet")
    @Outcome(id = "-1, 42", expect = Expect.ACCEPTABLE, desc = "published between the two looks")
    @Outcome(id = "42, 43", expect = Expect.ACCEPTABLE, desc = "all of the batch")
    @State
    public static class Split extends TwoSides {
        public Split() {
            super(SPLIT, false);
        }

        @Actor
        public void driver() {
            makeAvailable();
        }

        @Actor
        public void device(II_Result r) {
            r.r1 = observeAvailable();
            r.r2 = observeAvailable();
        }
    }

    @JCStressTest
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "nothing yet")
    @Outcome(id = "-1, 42", expect = Expect.ACCEPTABLE, desc = "published between the two looks")
    @Outcome(id = "42, 43", expect = Expect.ACCEPTABLE, desc = "all of the batch")
    @State
    public static class Packed extends TwoSides {
        public Packed() {
            super(PACKED, false);
        }

        @Actor
        public void driver() {
            makeAvailable();
        }

        @Actor
        public void device(II_Result r) {
            r.r1 = observeAvailable();
            r.r2 = observeAvailable();
        }
    }
}
