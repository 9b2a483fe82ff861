// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

import java.util.concurrent.atomic.AtomicInteger;

/** Counts what a session posts. */
public final class CountingInterrupt implements Interrupt {
    public final AtomicInteger used = new AtomicInteger();
    public final AtomicInteger configuration = new AtomicInteger();

    public CountingInterrupt() {}

    @Override
    public void usedBuffer(int queue) {
        used.incrementAndGet();
    }

    @Override
    public void configurationChanged() {
        configuration.incrementAndGet();
    }
}
