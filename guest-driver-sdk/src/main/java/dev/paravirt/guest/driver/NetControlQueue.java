// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.net.NetControl;

/** The controlq, one command at a time, and what the commands that succeeded have set. */
final class NetControlQueue {
    /** Class, command and the largest data: two tables of addresses. */
    static final int MOST_ADDRESSES = 512;

    static final int DATA_SIZE = 2 * NetControl.MAC_TABLE_MACS + MOST_ADDRESSES * NetConfig.MAC_SIZE;
    private static final int ACK = 4032;
    private static final int SIZE = 4096;

    final DriverVirtqueue ring;
    final NetSettings settings;
    private final DmaBuffer memory;
    private final BufferChain chain = new BufferChain(2);
    private final byte[] data = new byte[DATA_SIZE];

    NetControlQueue(DriverVirtqueue ring, int pairs, Platform platform) {
        this.ring = ring;
        this.settings = new NetSettings(pairs, DATA_SIZE);
        this.memory = platform.allocate(SIZE, NetShape.ALIGNMENT);
    }

    /** The data of the next command, to be written. */
    byte[] data() {
        return data;
    }

    /** Writes a number of 16 bits into the data. */
    void put16(int at, int value) {
        data[at] = (byte) value;
        data[at + 1] = (byte) (value >>> 8);
    }

    /** Writes a number of 32 bits into the data. */
    void put32(int at, int value) {
        put16(at, value);
        put16(at + 2, value >>> 16);
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
}
