// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare;

import dev.paravirt.cli.compare.carrier.Carrier;
import dev.paravirt.cli.compare.carrier.Guest;
import dev.paravirt.cli.compare.carrier.Instrumentation;
import dev.paravirt.cli.compare.carrier.MachineKind;
import dev.paravirt.cli.compare.carrier.RegisterExits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** A machine of each kind, with this thread as the guest of all. */
final class Machines implements AutoCloseable {
    private final Map<MachineKind, Guest> guests = new EnumMap<>(MachineKind.class);

    /** Starts them side by side. */
    static Machines start(Carrier carrier, Instrumentation instrumentation) throws IOException {
        Machines machines = new Machines();
        List<Carrier.Starting> starting = new ArrayList<>();
        try {
            for (MachineKind kind : MachineKind.values()) {
                starting.add(carrier.start(kind, instrumentation));
            }
            for (Carrier.Starting one : starting) {
                Guest guest = one.await();
                machines.guests.put(guest.kind(), guest);
            }
            return machines;
        } catch (IOException | RuntimeException failure) {
            machines.close();
            starting.forEach(Carrier.Starting::close);
            throw failure;
        }
    }

    private Machines() {}

    Map<MachineKind, Guest> guests() {
        return guests;
    }

    /** What each guest counted so far. */
    Map<MachineKind, Long> exits() {
        Map<MachineKind, Long> exits = new EnumMap<>(MachineKind.class);
        guests.forEach((kind, guest) -> exits.put(kind, guest.exits()));
        return exits;
    }

    /** Ends the machines, and asks the hypervisors what they counted. */
    List<RegisterExits> finish() throws IOException {
        List<RegisterExits> exits = new ArrayList<>();
        for (Guest guest : guests.values()) {
            exits.addAll(guest.finish());
        }
        return exits;
    }

    @Override
    public void close() throws IOException {
        for (Guest guest : guests.values()) {
            guest.close();
        }
    }
}
