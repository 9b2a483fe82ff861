// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetControl;

/**
 * The controlq, one command at a time, and what those commands that succeeded have set: a device that was reset has
 * forgotten it and is told again.
 */
final class NetControlQueue {
    /** Class, command and the largest data: two tables of addresses. */
    static final int MOST_ADDRESSES = 512;

    private static final int DATA_SIZE = 2 * NetControl.MAC_TABLE_MACS + MOST_ADDRESSES * NetConfig.MAC_SIZE;
    private static final int ACK = 4032;
    private static final int SIZE = 4096;
    private static final int RX_MODES = NetControl.RX_NOBCAST + 1;
    private static final int VLANS = 4096;

    final DriverVirtqueue ring;
    private final DmaBuffer memory;
    private final BufferChain chain = new BufferChain(2);
    private final byte[] data = new byte[DATA_SIZE];
    private final boolean[] rxModes = new boolean[RX_MODES];
    private final boolean[] vlans = new boolean[VLANS];
    private final byte[] macTable = new byte[DATA_SIZE];
    private final byte[] mac = new byte[NetConfig.MAC_SIZE];
    private int macTableLength;
    private boolean macSet;

    NetControlQueue(DriverVirtqueue ring, Platform platform) {
        this.ring = ring;
        this.memory = platform.allocate(SIZE, NetShape.ALIGNMENT);
    }

    /** The data of the next command, to be written. */
    byte[] data() {
        return data;
    }

    /** Makes the command ready, with the data up to a length. */
    void add(int commandClass, int command, int length) {
        memory.putByte(NetControl.CLASS, (byte) commandClass);
        memory.putByte(NetControl.COMMAND, (byte) command);
        memory.put(NetControl.DATA, data, 0, length);
        // No device writes this: if it is still there, nobody answered.
        memory.putByte(ACK, (byte) 0xff);
        chain.clear().addReadable(memory.address(), NetControl.DATA + length).addWritable(memory.address() + ACK, 1);
        if (!ring.add(chain, 0)) {
            throw new IllegalStateException("one command at a time");
        }
    }

    /** Whether the device is done with the command. */
    boolean isDone() {
        return ring.poll() != DriverVirtqueue.NONE;
    }

    /** What the device answered, 0 to 255; 255 if it wrote nothing. */
    int answer() {
        return memory.getByte(ACK) & 0xff;
    }

    /** Remembers what the command that has just succeeded has set. */
    void remember(int commandClass, int command, int length) {
        if (commandClass == NetControl.RX) {
            rxModes[command] = data[0] != 0;
        } else if (commandClass == NetControl.VLAN) {
            vlans[data[0] & 0xff | (data[1] & 0xff) << 8] = command == NetControl.VLAN_ADD;
        } else if (commandClass == NetControl.MAC && command == NetControl.MAC_TABLE_SET) {
            System.arraycopy(data, 0, macTable, 0, length);
            macTableLength = length;
        } else if (commandClass == NetControl.MAC) {
            System.arraycopy(data, 0, mac, 0, length);
            macSet = true;
        }
    }

    boolean hasRxMode(int mode) {
        return mode < RX_MODES && rxModes[mode];
    }

    int rxModes() {
        return RX_MODES;
    }

    int nextVlan(int from) {
        int vlan = from;
        while (vlan < VLANS && !vlans[vlan]) {
            vlan++;
        }
        return vlan < VLANS ? vlan : -1;
    }

    /** Puts the table of addresses into the data again. Returns its length, 0 if none was set. */
    int recallMacTable() {
        System.arraycopy(macTable, 0, data, 0, macTableLength);
        return macTableLength;
    }

    /** Puts the address into the data again. Returns its length, 0 if none was set. */
    int recallMac() {
        System.arraycopy(mac, 0, data, 0, mac.length);
        return macSet ? mac.length : 0;
    }
}
