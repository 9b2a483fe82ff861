// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class SchedulerTest {
    private final TestMachine machine = new TestMachine();
    private final Scheduler scheduler = new Scheduler(machine);
    private final List<String> events = new ArrayList<>();
    private boolean flag;

    @Test
    void tasksTakeTurns() {
        Task a = scheduler.spawn("a", () -> steps("a"));
        Task b = scheduler.spawn("b", () -> steps("b"));
        assertThat(scheduler.join(a)).isEqualTo(3);
        assertThat(scheduler.join(b)).isEqualTo(3);
        assertThat(events).containsExactly("a0", "b0", "a1", "b1", "a2", "b2");
        assertThat(scheduler.tasks()).hasSize(1);
    }

    private int steps(String name) {
        for (int i = 0; i < 3; i++) {
            events.add(name + i);
            scheduler.yield();
        }
        return 3;
    }

    @Test
    void aBlockedTaskLetsOthersRunAndGoesOnWhenItsConditionHolds() {
        Task waiter = scheduler.spawn("waiter", () -> {
            scheduler.await(() -> flag);
            events.add("seen");
            return 0;
        });
        Task setter = scheduler.spawn("setter", () -> {
            scheduler.yield();
            events.add("set");
            flag = true;
            return 0;
        });
        scheduler.join(waiter);
        scheduler.join(setter);
        assertThat(events).containsExactly("set", "seen");
    }

    @Test
    void sleepersWakeInTheOrderOfTheirTimes() {
        List<Task> sleepers = new ArrayList<>();
        for (int i : new int[] {3, 1, 2}) {
            sleepers.add(scheduler.spawn("s" + i, () -> {
                scheduler.sleep(i * 1_000_000L);
                events.add("" + i);
                return 0;
            }));
        }
        sleepers.forEach(scheduler::join);
        assertThat(events).containsExactly("1", "2", "3");
        assertThat(machine.halts).isPositive();
    }

    @Test
    void waitingAloneCostsNoSwitch() {
        long before = scheduler.current().switches();
        scheduler.sleep(1_000_000);
        assertThat(scheduler.current().switches()).isEqualTo(before);
    }

    @Test
    void neverTwoTasksAtOnce() {
        int[] inside = {0};
        int[] turns = {0};
        List<Task> tasks = new ArrayList<>();
        for (int t = 0; t < 5; t++) {
            tasks.add(scheduler.spawn("t" + t, () -> {
                for (int i = 0; i < 500; i++) {
                    inside[0]++;
                    assertThat(inside[0]).isOne();
                    turns[0]++;
                    inside[0]--;
                    scheduler.yield();
                }
                return 0;
            }));
        }
        tasks.forEach(task -> assertThat(scheduler.join(task)).isZero());
        assertThat(turns[0]).isEqualTo(2500);
    }

    @Test
    void aLockKeepsOthersOutWhileItsOwnerWaits() throws Exception {
        KernelLock lock = new KernelLock(scheduler);
        Task owner = scheduler.spawn("owner", () -> locked(lock, "owner"));
        Task other = scheduler.spawn("other", () -> locked(lock, "other"));
        scheduler.join(owner);
        scheduler.join(other);
        assertThat(events).containsExactly("owner in", "owner out", "other in", "other out");
    }

    private int locked(KernelLock lock, String name) {
        try {
            return lock.with(() -> {
                events.add(name + " in");
                scheduler.sleep(1000);
                events.add(name + " out");
                return 0;
            });
        } catch (java.io.IOException failed) {
            throw new AssertionError(failed);
        }
    }
}
