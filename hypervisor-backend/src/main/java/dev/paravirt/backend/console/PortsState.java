// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * What a console with many ports keeps for its driver, for the console that the guest moves to.
 *
 * @param driverReady whether the driver has asked for ports
 * @param slots by number
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record PortsState(boolean driverReady, PortSlot.State[] slots) {
    private static final int MANY_PORTS = ConsoleDevice.ONE_PORT + 1;

    static void save(boolean driverReady, PortSlot[] slots, DataOutput state) throws IOException {
        state.writeInt(MANY_PORTS);
        state.writeInt(slots.length);
        state.writeBoolean(driverReady);
        for (PortSlot slot : slots) {
            slot.save(state);
        }
    }

    /** @param ports that there can be */
    static PortsState load(DataInput state, int ports) throws IOException {
        if (state.readInt() != MANY_PORTS) {
            throw new IOException("its console has one port");
        }
        int known = state.readInt();
        if (known != ports) {
            throw new IOException("its driver knows of " + known + " ports, and here are at most " + ports);
        }
        boolean ready = state.readBoolean();
        PortSlot.State[] slots = new PortSlot.State[ports];
        for (int number = 0; number < ports; number++) {
            slots[number] = PortSlot.State.load(state);
        }
        return new PortsState(ready, slots);
    }
}
