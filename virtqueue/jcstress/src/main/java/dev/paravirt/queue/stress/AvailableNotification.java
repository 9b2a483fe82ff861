// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.stress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Either the driver notifies, or the device sees that it must not sleep. */
public class AvailableNotification {
    @JCStressTest
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "asleep, and woken")
    @Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "both noticed")
    @Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "awake")
    @Outcome(id = "false, true", expect = Expect.FORBIDDEN, desc = "lost wake-up")
    @State
    public static class Split extends TwoSides {
        public Split() {
            super(SPLIT, false);
        }

        @Actor
        public void driver(ZZ_Result r) {
            r.r1 = publishAvailable();
        }

        @Actor
        public void device(ZZ_Result r) {
            r.r2 = device.enableAvailableNotifications();
        }
    }

    @JCStressTest
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "asleep, and woken")
    @Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "both noticed")
    @Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "awake")
    @Outcome(id = "false, true", expect = Expect.FORBIDDEN, desc = "lost wake-up")
    @State
    public static class SplitEventIndex extends TwoSides {
        public SplitEventIndex() {
            super(SPLIT_EVENT_INDEX, false);
        }

        @Actor
        public void driver(ZZ_Result r) {
            r.r1 = publishAvailable();
        }

        @Actor
        public void device(ZZ_Result r) {
            r.r2 = device.enableAvailableNotifications();
        }
    }

    @JCStressTest
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "asleep, and woken")
    @Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "both noticed")
    @Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "awake")
    @Outcome(id = "false, true", expect = Expect.FORBIDDEN, desc = "lost wake-up")
    @State
    public static class Packed extends TwoSides {
        public Packed() {
            super(PACKED, false);
        }

        @Actor
        public void driver(ZZ_Result r) {
            r.r1 = publishAvailable();
        }

        @Actor
        public void device(ZZ_Result r) {
            r.r2 = device.enableAvailableNotifications();
        }
    }

    @JCStressTest
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "asleep, and woken")
    @Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "both noticed")
    @Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "awake")
    @Outcome(id = "false, true", expect = Expect.FORBIDDEN, desc = "lost wake-up")
    @State
    public static class PackedEventIndex extends TwoSides {
        public PackedEventIndex() {
            super(PACKED_EVENT_INDEX, false);
        }

        @Actor
        public void driver(ZZ_Result r) {
            r.r1 = publishAvailable();
        }

        @Actor
        public void device(ZZ_Result r) {
            r.r2 = device.enableAvailableNotifications();
        }
    }
}
