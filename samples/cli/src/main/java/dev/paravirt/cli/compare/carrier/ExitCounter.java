// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.memory.GuestMemory;

/** Counts what leaves a guest: each call, trapped accesses among them, and each notification. For one thread. */
final class ExitCounter {
    private final JvmPlatform platform;
    private final JvmPlatform.Call calls;
    private final JvmPlatform.Notification notifications;
    private long exits;

    ExitCounter(
            GuestMemory memory,
            JvmPlatform.Call calls,
            JvmPlatform.Notification notifications,
            JvmPlatform.Wait waits,
            Instrumentation instrumentation) {
        this.calls = calls;
        this.notifications = notifications;
        this.platform = instrumentation == Instrumentation.ON
                ? JvmPlatform.of(memory, this::call, this::ring, waits)
                : JvmPlatform.of(memory, calls, notifications, waits);
    }

    private long call(int number, long a0, long a1, long a2, long a3) {
        exits++;
        return calls.call(number, a0, a1, a2, a3);
    }

    private void ring(int doorbell, int data) {
        exits++;
        notifications.notify(doorbell, data);
    }

    /** What the guest's drivers are to stand on. */
    JvmPlatform platform() {
        return platform;
    }

    /** So far; 0 if they are not counted. */
    long exits() {
        return exits;
    }
}
