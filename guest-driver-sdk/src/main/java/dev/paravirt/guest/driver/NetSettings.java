// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.spec.net.NetControl;
import dev.paravirt.spec.net.NetQueues;

/**
 * What control commands have set: a device that was reset has forgotten it, and is told again in as many steps as there
 * are settings. Of most commands the last one counts, of VLANs all.
 */
final class NetSettings {
    private static final int VLANS = 4096;

    /** Class and command, in the order in which they are to be repeated. */
    private static final int[][] LAST = {
        {NetControl.MQ, NetControl.MQ_RSS_CONFIG},
        {NetControl.MQ, NetControl.MQ_HASH_CONFIG},
        {NetControl.MAC, NetControl.MAC_ADDR_SET},
        {NetControl.MAC, NetControl.MAC_TABLE_SET},
        {NetControl.RX, NetControl.RX_PROMISC},
        {NetControl.RX, NetControl.RX_ALLMULTI},
        {NetControl.RX, NetControl.RX_ALLUNI},
        {NetControl.RX, NetControl.RX_NOMULTI},
        {NetControl.RX, NetControl.RX_NOUNI},
        {NetControl.RX, NetControl.RX_NOBCAST},
        {NetControl.GUEST_OFFLOADS, NetControl.GUEST_OFFLOADS_SET},
        {NetControl.NOTF_COAL, NetControl.NOTF_COAL_TX_SET},
        {NetControl.NOTF_COAL, NetControl.NOTF_COAL_RX_SET}
    };

    private final byte[][] last = new byte[LAST.length][];
    private final int[] lengths = new int[LAST.length];

    /** Of each queue, empty while it has none of its own. */
    private final byte[][] coalescing;

    private final boolean[] coalesces;
    private final boolean[] vlans = new boolean[VLANS];

    /** @param dataSize bytes of the largest command */
    NetSettings(int pairs, int dataSize) {
        for (int setting = 0; setting < LAST.length; setting++) {
            boolean large = LAST[setting][0] == NetControl.MQ || LAST[setting][0] == NetControl.MAC;
            last[setting] = new byte[large ? dataSize : Long.BYTES];
            lengths[setting] = -1;
        }
        coalescing = new byte[NetQueues.control(pairs)][NetControl.COAL_VQ_SIZE];
        coalesces = new boolean[coalescing.length];
    }

    /** Remembers a command that has succeeded. */
    void remember(int commandClass, int command, byte[] data, int length) {
        if (commandClass == NetControl.VLAN) {
            vlans[number(data, 0)] = command == NetControl.VLAN_ADD;
            return;
        }
        if (commandClass == NetControl.NOTF_COAL) {
            rememberCoalescing(command, data);
        }
        for (int setting = 0; setting < LAST.length; setting++) {
            if (LAST[setting][0] == commandClass && LAST[setting][1] == command) {
                System.arraycopy(data, 0, last[setting], 0, length);
                lengths[setting] = length;
            }
        }
    }

    private void rememberCoalescing(int command, byte[] data) {
        if (command == NetControl.NOTF_COAL_VQ_SET) {
            int queue = number(data, NetControl.COAL_VQ_INDEX);
            System.arraycopy(data, 0, coalescing[queue], 0, NetControl.COAL_VQ_SIZE);
            coalesces[queue] = true;
            return;
        }
        // What is said of all queues of a kind holds for those that had something of their own, too.
        for (int queue = command == NetControl.NOTF_COAL_TX_SET ? 1 : 0; queue < coalesces.length; queue += 2) {
            coalesces[queue] = false;
        }
    }

    private static int number(byte[] data, int at) {
        return data[at] & 0xff | (data[at + 1] & 0xff) << 8;
    }

    /** The first step from this one on that repeats something, or -1. */
    int next(int from) {
        int step = from;
        while (step < steps() && !isSet(step)) {
            step++;
        }
        return step < steps() ? step : -1;
    }

    private int steps() {
        return LAST.length + coalesces.length + VLANS;
    }

    private boolean isSet(int step) {
        int queue = step - LAST.length;
        int vlan = queue - coalesces.length;
        return queue < 0 ? lengths[step] >= 0 : vlan < 0 ? coalesces[queue] : vlans[vlan];
    }

    int commandClass(int step) {
        int queue = step - LAST.length;
        return queue < 0 ? LAST[step][0] : queue < coalesces.length ? NetControl.NOTF_COAL : NetControl.VLAN;
    }

    int command(int step) {
        int queue = step - LAST.length;
        return queue < 0 ? LAST[step][1] : queue < coalesces.length ? NetControl.NOTF_COAL_VQ_SET : NetControl.VLAN_ADD;
    }

    /** Puts the data of a step in place. Returns its length. */
    int recall(int step, byte[] data) {
        int queue = step - LAST.length;
        int vlan = queue - coalesces.length;
        if (queue < 0) {
            System.arraycopy(last[step], 0, data, 0, lengths[step]);
            return lengths[step];
        }
        if (vlan < 0) {
            System.arraycopy(coalescing[queue], 0, data, 0, NetControl.COAL_VQ_SIZE);
            return NetControl.COAL_VQ_SIZE;
        }
        data[0] = (byte) vlan;
        data[1] = (byte) (vlan >>> 8);
        return Short.BYTES;
    }
}
