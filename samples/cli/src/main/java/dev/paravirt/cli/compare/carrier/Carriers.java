// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

import java.util.List;
import java.util.Optional;

/** The carriers that there are. */
public final class Carriers {
    private static final List<Carrier> ALL = List.of(new ProcessCarrier(), new ThreadCarrier());

    private Carriers() {}

    public static List<Carrier> all() {
        return ALL;
    }

    public static Optional<Carrier> find(String name) {
        return ALL.stream().filter(carrier -> carrier.name().equals(name)).findFirst();
    }
}
