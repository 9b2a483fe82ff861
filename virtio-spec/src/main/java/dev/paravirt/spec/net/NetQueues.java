// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.net;

/**
 * Virtqueue indices of the network device (VIRTIO 1.4, "Network Device / Virtqueues"). Pairs are counted from 0 here,
 * where the specification says receiveq1.
 */
public final class NetQueues {
    private NetQueues() {}

    /** receiveq of a pair. */
    public static int receive(int pair) {
        return 2 * pair;
    }

    /** transmitq of a pair. */
    public static int transmit(int pair) {
        return 2 * pair + 1;
    }

    /**
     * controlq, given how many pairs there are: max_virtqueue_pairs if MQ or RSS was negotiated, otherwise 1.
     */
    public static int control(int pairs) {
        return 2 * pairs;
    }
}
