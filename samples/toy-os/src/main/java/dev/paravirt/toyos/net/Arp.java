// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Queue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds the station address for an IPv4 address on the link (RFC 826). Packets wait in a short queue while their next
 * hop is asked for. Only answers to our own questions, and questions to us, make entries: others' talk cannot fill the
 * cache.
 */
final class Arp {
    private static final int LENGTH = 28;
    private static final int REQUEST = 1;
    private static final int REPLY = 2;
    private static final int MAX_ENTRIES = 256;
    private static final int MAX_QUEUE = 16;
    private static final int TRIES = 4;
    private static final long RETRY = 1_000_000_000L;
    private static final long LIFETIME = 60_000_000_000L;
    private static final int ANNOUNCEMENTS = 2;
    private static final long ANNOUNCE_INTERVAL = 2_000_000_000L;

    private final Ethernet ethernet;
    private final long mac;
    private final LongSupplier clock;
    private final Counters counters;
    private final Map<Integer, Entry> entries = new HashMap<>();

    private int address;
    private int announcements;
    private long nextAnnouncement = Long.MAX_VALUE;

    private static final class Entry {
        final Queue<Packet> waiting = new ArrayDeque<>();
        boolean known;
        /** Sent to since it was last confirmed: worth asking for again. */
        boolean used;

        long mac;
        int tries;
        /** When it is asked again, or forgotten. */
        long deadline;
    }

    Arp(Ethernet ethernet, long mac, LongSupplier clock, Counters counters) {
        this.ethernet = ethernet;
        this.mac = mac;
        this.clock = clock;
        this.counters = counters;
    }

    /** Uses an address from now on, and tells everybody (RFC 5227, section 2.3). */
    void answerFor(int ownAddress) {
        address = ownAddress;
        announce();
    }

    /** Tells everybody on the link where our address is now. */
    void announce() {
        announcements = address == 0 ? 0 : ANNOUNCEMENTS;
        nextAnnouncement = announcements == 0 ? Long.MAX_VALUE : clock.getAsLong();
    }

    /** Sends an IPv4 packet to a next hop on the link, now or when its address is known. */
    void send(Packet packet, int nextHop) {
        Entry entry = entries.get(nextHop);
        if (entry == null) {
            entry = newEntry(nextHop);
            if (entry == null) {
                counters.count(Counter.ARP_UNRESOLVED);
                return;
            }
            ask(nextHop, entry);
        }
        if (entry.known) {
            entry.used = true;
            ethernet.send(packet, entry.mac, Ethernet.IPV4);
        } else if (entry.waiting.size() < MAX_QUEUE) {
            entry.waiting.add(packet);
        } else {
            counters.count(Counter.ARP_UNRESOLVED);
        }
    }

    void broadcast(Packet packet) {
        ethernet.send(packet, Ethernet.BROADCAST, Ethernet.IPV4);
    }

    private @Nullable Entry newEntry(int of) {
        if (entries.size() >= MAX_ENTRIES && !forgetOne()) {
            return null;
        }
        Entry entry = new Entry();
        entries.put(of, entry);
        return entry;
    }

    private boolean forgetOne() {
        Iterator<Entry> each = entries.values().iterator();
        while (each.hasNext()) {
            if (each.next().known) {
                each.remove();
                return true;
            }
        }
        return false;
    }

    void receive(Packet packet) {
        counters.count(Counter.ARP_RECEIVED);
        boolean valid = packet.length() >= LENGTH && packet.i32(0) == 0x0001_0800 && packet.u16(4) == 0x0604;
        if (!valid || packet.u16(6) != REQUEST && packet.u16(6) != REPLY || (packet.u48(8) & 1L << 40) != 0) {
            counters.count(Counter.ARP_MALFORMED);
            return;
        }
        long senderMac = packet.u48(8);
        int sender = packet.i32(14);
        if (address != 0 && sender == address && senderMac != mac) {
            // We keep ours: to defend it against one who will not listen helps nobody.
            counters.count(Counter.ARP_CONFLICTS);
            return;
        }
        boolean toUs = address != 0 && packet.i32(24) == address;
        boolean request = packet.u16(6) == REQUEST;
        Entry entry = entries.get(sender);
        if (entry == null && toUs && request && sender != 0) {
            entry = newEntry(sender);
        }
        if (entry != null) {
            learn(entry, senderMac);
        }
        if (toUs && request) {
            transmit(REPLY, senderMac, senderMac, sender);
        }
    }

    private void learn(Entry entry, long senderMac) {
        entry.known = true;
        entry.used = false;
        entry.mac = senderMac;
        entry.tries = 0;
        entry.deadline = clock.getAsLong() + LIFETIME;
        for (Packet packet = entry.waiting.poll(); packet != null; packet = entry.waiting.poll()) {
            ethernet.send(packet, senderMac, Ethernet.IPV4);
        }
    }

    /** Asks again those that did not answer; forgets entries that are old or stay silent. */
    void runTimers() {
        long now = clock.getAsLong();
        Iterator<Map.Entry<Integer, Entry>> each = entries.entrySet().iterator();
        while (each.hasNext()) {
            Map.Entry<Integer, Entry> next = each.next();
            Entry entry = next.getValue();
            if (now < entry.deadline) {
                continue;
            }
            if (entry.known && !entry.used || entry.tries >= TRIES) {
                entry.waiting.forEach(packet -> counters.count(Counter.ARP_UNRESOLVED));
                each.remove();
            } else {
                // Known and in use: packets go on to where it was while it is asked whether it is there still.
                ask(next.getKey(), entry);
            }
        }
        if (now >= nextAnnouncement) {
            announcements--;
            nextAnnouncement = announcements == 0 ? Long.MAX_VALUE : now + ANNOUNCE_INTERVAL;
            transmit(REQUEST, Ethernet.BROADCAST, 0, address);
        }
    }

    long deadline() {
        long earliest = nextAnnouncement;
        for (Entry entry : entries.values()) {
            earliest = Math.min(earliest, entry.deadline);
        }
        return earliest;
    }

    int size() {
        return entries.size();
    }

    private void ask(int target, Entry entry) {
        entry.tries++;
        entry.deadline = clock.getAsLong() + RETRY;
        transmit(REQUEST, Ethernet.BROADCAST, 0, target);
    }

    private void transmit(int operation, long destination, long targetMac, int target) {
        Packet packet = Packet.withPayload(LENGTH);
        packet.put32(0, 0x0001_0800);
        packet.put16(4, 0x0604);
        packet.put16(6, operation);
        packet.put48(8, mac);
        packet.put32(14, address);
        packet.put48(18, targetMac);
        packet.put32(24, target);
        ethernet.send(packet, destination, Ethernet.ARP);
    }
}
