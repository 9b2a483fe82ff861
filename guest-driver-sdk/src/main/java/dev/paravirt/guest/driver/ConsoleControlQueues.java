// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.DriverVirtqueue;
import dev.paravirt.spec.console.ConsoleControl;

/** The control queues of a console: messages of the device one after the other, and messages to it as far as there is room. */
final class ConsoleControlQueues {
    /** Of a message that is longer, and so has a name of more than 248 bytes, the rest is not seen. */
    private static final int BUFFER_BYTES = 256;

    private static final int MOST_BUFFERS = 16;

    final DriverVirtqueue receive;
    final DriverVirtqueue transmit;
    private final Transport transport;
    private final DmaBuffer[] input;
    private final DmaBuffer[] output;
    private final int[] free;
    private int freeCount;

    /** The message at hand, copied out of the device's reach. */
    private final byte[] message = new byte[BUFFER_BYTES];

    private int length;

    ConsoleControlQueues(Transport transport, Platform platform, DriverVirtqueue receive, DriverVirtqueue transmit) {
        this.transport = transport;
        this.receive = receive;
        this.transmit = transmit;
        input = buffers(platform, receive.size(), BUFFER_BYTES);
        output = buffers(platform, transmit.size(), ConsoleControl.SIZE);
        free = new int[output.length];
    }

    private static DmaBuffer[] buffers(Platform platform, int size, int bytes) {
        DmaBuffer[] buffers = new DmaBuffer[Math.min(size, MOST_BUFFERS)];
        for (int buffer = 0; buffer < buffers.length; buffer++) {
            buffers[buffer] = platform.allocate(bytes, Long.BYTES);
        }
        return buffers;
    }

    /** Nothing is under way, and the device has all buffers for its messages; it learns of them with {@link #begin}. */
    void fill() {
        for (int buffer = 0; buffer < input.length; buffer++) {
            give(buffer);
        }
        for (int buffer = 0; buffer < output.length; buffer++) {
            free[buffer] = buffer;
        }
        freeCount = output.length;
        receive.disableUsedNotifications();
        transmit.disableUsedNotifications();
    }

    void begin() {
        publish(receive);
    }

    private void give(int buffer) {
        if (!receive.addWritable(input[buffer].address(), input[buffer].size(), buffer)) {
            throw new IllegalStateException("no room for a control buffer that came out of the queue");
        }
    }

    private void publish(DriverVirtqueue queue) {
        if (queue.publish()) {
            transport.notify(queue);
        }
    }

    /** Takes the next message of the device. Returns whether there was one; it may be too short to be any. */
    boolean next() {
        int buffer = receive.poll();
        if (buffer == DriverVirtqueue.NONE) {
            return false;
        }
        length = receive.usedLength();
        input[buffer].get(0, message, 0, length);
        give(buffer);
        publish(receive);
        return true;
    }

    /** Bytes of the message at hand. */
    int length() {
        return length;
    }

    int id() {
        return get16(ConsoleControl.ID) | get16(ConsoleControl.ID + 2) << 16;
    }

    int event() {
        return get16(ConsoleControl.EVENT);
    }

    int value() {
        return get16(ConsoleControl.VALUE);
    }

    int get16(int offset) {
        return message[offset] & 0xff | (message[offset + 1] & 0xff) << 8;
    }

    /** The message at hand itself. */
    byte[] bytes() {
        return message;
    }

    /** Sends a message. Returns false if there is no room for it now. */
    boolean send(int id, int event, int value) {
        for (int used = transmit.poll(); used != DriverVirtqueue.NONE; used = transmit.poll()) {
            free[freeCount++] = used;
        }
        if (freeCount == 0) {
            return false;
        }
        int buffer = free[freeCount - 1];
        output[buffer].putInt(ConsoleControl.ID, id);
        output[buffer].putShort(ConsoleControl.EVENT, (short) event);
        output[buffer].putShort(ConsoleControl.VALUE, (short) value);
        if (!transmit.addReadable(output[buffer].address(), ConsoleControl.SIZE, buffer)) {
            return false;
        }
        freeCount--;
        publish(transmit);
        return true;
    }

    /**
     * Asks for interrupts about messages, and about room for one that waits for it. Returns whether waiting for one is safe.
     */
    boolean arm(boolean aboutRoom) {
        boolean noRoom = !aboutRoom || transmit.enableUsedNotifications();
        return receive.enableUsedNotifications() && noRoom;
    }

    void disarm() {
        receive.disableUsedNotifications();
        transmit.disableUsedNotifications();
    }
}
