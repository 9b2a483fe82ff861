// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.console;

/**
 * Virtqueue indices of the console (VIRTIO 1.4, "Console Device / Virtqueues"). Only the queues of port 0 exist without
 * MULTIPORT.
 */
public final class ConsoleQueues {
    /** receiveq of port 0. */
    public static final int RECEIVE = 0;

    /** transmitq of port 0. */
    public static final int TRANSMIT = 1;

    /** Control receiveq: device to driver. */
    public static final int CONTROL_RECEIVE = 2;

    /** Control transmitq: driver to device. */
    public static final int CONTROL_TRANSMIT = 3;

    private ConsoleQueues() {}

    /** receiveq of a port: the queues of port 1 and up stand behind the control queues. */
    public static int receive(int port) {
        return port == 0 ? RECEIVE : 2 * port + 2;
    }

    /** transmitq of a port. */
    public static int transmit(int port) {
        return receive(port) + 1;
    }

    /** The port to which a queue belongs; -1 for the control queues, and for what is no index. */
    public static int port(int queue) {
        if (queue < 0 || queue == CONTROL_RECEIVE || queue == CONTROL_TRANSMIT) {
            return -1;
        }
        return queue < CONTROL_RECEIVE ? 0 : (queue - 2) / 2;
    }

    /** Whether a queue carries from the device to the driver. */
    public static boolean isReceive(int queue) {
        return queue % 2 == 0;
    }

    /** How many virtqueues a device has that offers MULTIPORT with this max_nr_ports, 1 or more. */
    public static int count(int maxPorts) {
        return 2 * maxPorts + 2;
    }
}
