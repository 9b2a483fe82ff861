// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.spec.net.NetConfig;
import dev.paravirt.spec.ring.QueueSize;
import java.time.Duration;

/** How a {@link VhostUserDevice} is made. Immutable. */
public final class FrontEndOptions {
    /** 64 MiB of memory, one interrupt line, queues of 1024 descriptors at most, 30 seconds for a reply. */
    public static final FrontEndOptions DEFAULT =
            new FrontEndOptions(64L << 20, 1, 1024, Duration.ofSeconds(30), new byte[0]);

    private static final int MOST_LINES = 1024;

    private final long memory;
    private final int lines;
    private final int queueSize;
    private final Duration patience;
    private final byte[] mac;

    private FrontEndOptions(long memory, int lines, int queueSize, Duration patience, byte[] mac) {
        this.memory = memory;
        this.lines = lines;
        this.queueSize = queueSize;
        this.patience = patience;
        this.mac = mac;
    }

    /** How much memory there is for rings and buffers, in bytes; pages are taken from the system as they are touched. */
    public FrontEndOptions withMemory(long bytes) {
        require(bytes >= 1 << 16 && bytes <= 1L << 40, "64 KiB to 1 TiB of memory", bytes);
        return new FrontEndOptions(bytes, lines, queueSize, patience, mac);
    }

    /** How many interrupt lines there are: one for each thread that is to wait for queues of its own. */
    public FrontEndOptions withLines(int count) {
        require(count >= 1 && count <= MOST_LINES, "1 to " + MOST_LINES + " interrupt lines", count);
        return new FrontEndOptions(memory, count, queueSize, patience, mac);
    }

    /**
     * The largest queue that the back-end can serve. Vhost-user has no way to ask: 1024 suits those that build on
     * libvhost-user.
     */
    public FrontEndOptions withQueueSize(int most) {
        require(most >= 1 && most <= QueueSize.MAX, "queues of 1 to " + QueueSize.MAX + " descriptors", most);
        return new FrontEndOptions(memory, lines, most, patience, mac);
    }

    /** How long the back-end may take to answer a message before the connection counts as lost. */
    public FrontEndOptions withPatience(Duration longest) {
        require(longest.isPositive(), "a patience of more than nothing", longest.toNanos());
        return new FrontEndOptions(memory, lines, queueSize, longest, mac);
    }

    /**
     * The address of a network device whose back-end has no configuration space, which is most of them: it is then the
     * front-end that knows.
     *
     * @param address six bytes
     */
    public FrontEndOptions withMac(byte[] address) {
        require(address.length == NetConfig.MAC_SIZE, "a MAC address of six bytes", address.length);
        return new FrontEndOptions(memory, lines, queueSize, patience, address.clone());
    }

    private static void require(boolean holds, String what, long given) {
        if (!holds) {
            throw new IllegalArgumentException("a vhost-user device has " + what + ", not " + given);
        }
    }

    long memory() {
        return memory;
    }

    int lines() {
        return lines;
    }

    int queueSize() {
        return queueSize;
    }

    long patienceNanos() {
        return patience.toNanos();
    }

    /** Six bytes, or none. */
    byte[] mac() {
        return mac;
    }
}
