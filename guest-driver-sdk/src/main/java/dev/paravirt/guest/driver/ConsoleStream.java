// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.guest.platform.Platform;
import dev.paravirt.guest.transport.Transport;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.DriverVirtqueue;

/** The two queues of a port and the buffers in them. Input is copied once, out of them; output once, into them. */
final class ConsoleStream {
    final DriverVirtqueue receive;
    final DriverVirtqueue transmit;
    private final Transport transport;
    private final DmaBuffer[] input;
    private final DmaBuffer[] output;
    /** Output buffers that the device does not have. */
    private final int[] free;

    private int freeCount;
    /** The input buffer that is being read, or NONE. */
    private int current = DriverVirtqueue.NONE;

    private int at;
    private int length;
    private long notifications;

    ConsoleStream(
            Transport transport,
            Platform platform,
            DriverVirtqueue receive,
            DriverVirtqueue transmit,
            int buffers,
            int bufferBytes) {
        this.transport = transport;
        this.receive = receive;
        this.transmit = transmit;
        input = buffers(platform, Math.min(buffers, receive.size()), bufferBytes);
        output = buffers(platform, Math.min(buffers, transmit.size()), bufferBytes);
        free = new int[output.length];
    }

    private static DmaBuffer[] buffers(Platform platform, int count, int bytes) {
        DmaBuffer[] buffers = new DmaBuffer[count];
        for (int buffer = 0; buffer < count; buffer++) {
            buffers[buffer] = platform.allocate(bytes, Long.BYTES);
        }
        return buffers;
    }

    /** Everything is empty, and the device has all input buffers; it learns of them with {@link #begin}. */
    void fill() {
        current = DriverVirtqueue.NONE;
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

    /** The device is running. */
    void begin() {
        publish(receive);
    }

    private void give(int buffer) {
        if (!receive.addWritable(input[buffer].address(), input[buffer].size(), buffer)) {
            throw new IllegalStateException("no room for an input buffer that came out of the queue");
        }
    }

    private void publish(DriverVirtqueue queue) {
        if (queue.publish()) {
            notifications++;
            transport.notify(queue);
        }
    }

    /** Notifications sent to the device. */
    long notifications() {
        return notifications;
    }

    /** Whether there is something to read. */
    boolean hasInput() {
        while (at == length || current == DriverVirtqueue.NONE) {
            if (current != DriverVirtqueue.NONE) {
                give(current);
                current = DriverVirtqueue.NONE;
                publish(receive);
            }
            int used = receive.poll();
            if (used == DriverVirtqueue.NONE) {
                return false;
            }
            current = used;
            at = 0;
            length = receive.usedLength();
        }
        return true;
    }

    int read(byte[] destination, int start, int count) {
        int done = 0;
        while (done < count && hasInput()) {
            int here = Math.min(count - done, length - at);
            input[current].get(at, destination, start + done, here);
            at += here;
            done += here;
        }
        return done;
    }

    /** Whether something can be written. */
    boolean hasRoom() {
        harvest();
        return freeCount > 0;
    }

    /** Whether the device has taken all output. */
    boolean isFlushed() {
        harvest();
        return freeCount == output.length;
    }

    private void harvest() {
        for (int used = transmit.poll(); used != DriverVirtqueue.NONE; used = transmit.poll()) {
            free[freeCount++] = used;
        }
    }

    int write(byte[] source, int start, int count) {
        int done = 0;
        while (done < count && hasRoom()) {
            int buffer = free[freeCount - 1];
            int here = Math.min(count - done, output[buffer].size());
            output[buffer].put(0, source, start + done, here);
            if (!transmit.addReadable(output[buffer].address(), here, buffer)) {
                break;
            }
            freeCount--;
            done += here;
        }
        publish(transmit);
        return done;
    }

    /** Drops the input that has come. A device that brings more and more of it is left to bring it. */
    void discardInput() {
        for (int buffer = 0; buffer <= input.length && hasInput(); buffer++) {
            at = length;
        }
    }

    /** Asks for interrupts about one direction or both. Returns whether waiting for one is safe. */
    boolean arm(boolean aboutInput, boolean aboutOutput) {
        boolean noInput = !aboutInput || armInput();
        boolean noOutput = !aboutOutput || armOutput();
        return noInput && noOutput;
    }

    /** As {@link #arm}, when there is input. */
    boolean armInput() {
        return receive.enableUsedNotifications();
    }

    /** As {@link #arm}, when the device is done with output. */
    boolean armOutput() {
        return transmit.enableUsedNotifications();
    }

    void disarm() {
        receive.disableUsedNotifications();
        transmit.disableUsedNotifications();
    }
}
