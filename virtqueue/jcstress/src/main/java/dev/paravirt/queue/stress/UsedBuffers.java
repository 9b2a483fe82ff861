// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.stress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** What the device wrote before it published is there when the driver observes it, for all of a batch. */
public class UsedBuffers {
    @JCStressTest
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "nothing yet")
    @Outcome(id = "-1, 42", expect = Expect.ACCEPTABLE, desc = "published between the two looks")
    @Outcome(id = "42, 43", expect = Expect.ACCEPTABLE, desc = "all of the batch")
    @State
    public static class Split extends TwoSides {
        public Split() {
            super(SPLIT, true);
        }

        @Actor
        public void device() {
            use();
        }

        @Actor
        public void driver(II_Result r) {
            r.r1 = observeUsed();
            r.r2 = observeUsed();
        }
    }

    @JCStressTest
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "nothing yet")
    @Outcome(id = "-1, 42", expect = Expect.ACCEPTABLE, desc = "published between the two looks")
    @Outcome(id = "42, 43", expect = Expect.ACCEPTABLE, desc = "all of the batch")
    @State
    public static class Packed extends TwoSides {
        public Packed() {
            super(PACKED, true);
        }

        @Actor
        public void device() {
            use();
        }

        @Actor
        public void driver(II_Result r) {
            r.r1 = observeUsed();
            r.r2 = observeUsed();
        }
    }
}
