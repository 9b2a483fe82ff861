// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Which received frames a driver wants (VIRTIO 1.4, "Packet Receive Filtering", "Setting MAC Address Filtering" and "VLAN
 * Filtering"). Immutable: a control command makes another one, which the receive queues use from then on.
 *
 * @param modes a set of bits, {@code 1 << RX_...} of {@link dev.paravirt.spec.net.NetControl}
 * @param mac the device's address
 * @param table the MAC filtering table, sorted
 * @param allUnicast the table is too large for its unicast addresses to be kept
 * @param allMulticast the same for multicast addresses
 * @param vlans bits of the VLAN filter table; empty if VLANs are not filtered
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares filters, and nobody else has the arrays
record ReceiveFilter(int modes, long mac, long[] table, boolean allUnicast, boolean allMulticast, long[] vlans) {
    private static final int VLANS = 4096;
    private static final int PROMISC = 1;
    private static final int ALLMULTI = 1 << 1;
    private static final int ALLUNI = 1 << 2;
    private static final int NOMULTI = 1 << 3;
    private static final int NOUNI = 1 << 4;
    private static final int NOBCAST = 1 << 5;
    private static final int ALL_MODES = PROMISC | ALLMULTI | ALLUNI | NOMULTI | NOUNI | NOBCAST;

    /** A driver that cannot control reception gets everything. */
    static ReceiveFilter initial(long mac, boolean controlled, boolean vlans) {
        long[] none = new long[vlans ? VLANS / Long.SIZE : 0];
        int modes = controlled ? 0 : ALLUNI | ALLMULTI;
        return new ReceiveFilter(modes, mac, new long[0], false, false, none);
    }

    boolean accepts(long destination, int vlan) {
        if ((modes & PROMISC) != 0) {
            return true;
        }
        if (vlan >= 0 && vlans.length > 0 && (vlans[vlan / Long.SIZE] & 1L << vlan) == 0) {
            return false;
        }
        if (destination == Ethernet.BROADCAST) {
            return (modes & NOBCAST) == 0;
        }
        if (Ethernet.isGroup(destination)) {
            return (modes & NOMULTI) == 0 && ((modes & ALLMULTI) != 0 || allMulticast || isInTable(destination));
        }
        return (modes & NOUNI) == 0
                && (destination == mac || (modes & ALLUNI) != 0 || allUnicast || isInTable(destination));
    }

    private boolean isInTable(long destination) {
        return Arrays.binarySearch(table, destination) >= 0;
    }

    /** @param command one of the {@code RX_} commands */
    ReceiveFilter withMode(int command, boolean on) {
        int changed = on ? modes | 1 << command : modes & ~(1 << command);
        return new ReceiveFilter(changed, mac, table, allUnicast, allMulticast, vlans);
    }

    ReceiveFilter withMac(long address) {
        return new ReceiveFilter(modes, address, table, allUnicast, allMulticast, vlans);
    }

    ReceiveFilter withTable(long[] addresses, boolean everyUnicast, boolean everyMulticast) {
        long[] sorted = addresses.clone();
        Arrays.sort(sorted);
        return new ReceiveFilter(modes, mac, sorted, everyUnicast, everyMulticast, vlans);
    }

    /** @param vlan 0 to 4095 */
    ReceiveFilter withVlan(int vlan, boolean on) {
        long[] changed = vlans.clone();
        long bit = 1L << vlan;
        int word = vlan / Long.SIZE;
        changed[word] = on ? changed[word] | bit : changed[word] & ~bit;
        return new ReceiveFilter(modes, mac, table, allUnicast, allMulticast, changed);
    }

    void save(DataOutput state) throws IOException {
        state.writeByte(modes);
        state.writeLong(mac);
        state.writeBoolean(allUnicast);
        state.writeBoolean(allMulticast);
        saveAll(table, state);
        saveAll(vlans, state);
    }

    private static void saveAll(long[] numbers, DataOutput state) throws IOException {
        state.writeShort(numbers.length);
        for (long number : numbers) {
            state.writeLong(number);
        }
    }

    /** @param filtersVlans whether that was negotiated */
    static ReceiveFilter load(DataInput state, boolean filtersVlans) throws IOException {
        int modes = state.readUnsignedByte();
        long mac = state.readLong();
        boolean everyUnicast = state.readBoolean();
        boolean everyMulticast = state.readBoolean();
        long[] addresses = loadAll(state);
        long[] vlans = loadAll(state);
        boolean known = (modes & ~ALL_MODES) == 0
                && Ethernet.isStation(mac)
                && addresses.length <= 2 * ControlCommands.MAX_ADDRESSES
                && vlans.length == (filtersVlans ? VLANS / Long.SIZE : 0);
        if (!known) {
            throw new IOException("a receive filter with modes 0x" + Integer.toHexString(modes) + ", address "
                    + Ethernet.format(mac) + ", " + addresses.length + " addresses and " + vlans.length
                    + " words of VLANs is none");
        }
        return new ReceiveFilter(modes, mac, new long[0], everyUnicast, everyMulticast, vlans)
                .withTable(addresses, everyUnicast, everyMulticast);
    }

    private static long[] loadAll(DataInput state) throws IOException {
        long[] numbers = new long[state.readUnsignedShort()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = state.readLong();
        }
        return numbers;
    }
}
