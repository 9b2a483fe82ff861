// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.Guest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Starts drivers, and takes down what that took. */
final class StartUps {
    /** Starts one. */
    @FunctionalInterface
    interface Starter<D> {
        D start() throws IOException;
    }

    private final List<StartUp> all = new ArrayList<>();

    <D> D measure(Guest guest, String device, Starter<D> starter) throws IOException {
        long exits = guest.exits();
        long start = System.nanoTime();
        D driver = starter.start();
        long nanos = System.nanoTime() - start;
        all.add(new StartUp(guest.kind(), device, guest.exits() - exits, nanos));
        return driver;
    }

    List<StartUp> all() {
        return List.copyOf(all);
    }
}
