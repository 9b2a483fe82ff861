// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.ring.PackedLayout;
import dev.paravirt.spec.ring.SplitLayout;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;

/**
 * A device that writes whatever a {@link Script} says into the rings, before a driver that does its work as if nothing
 * were wrong. Whatever happens, the driver gets each request back at most once, only after it published it, and never
 * with more bytes than it had room for; and no exception but {@link VirtqueueException}.
 */
final class HostileDevice {
    private final Script script;
    private final MemoryRegion ring;
    private final VirtqueueFormat format;
    private final int size;
    private final int indirectCapacity;
    private final DriverVirtqueue driver;
    private final BufferChain chain;
    private final Map<Integer, Long> roomAdded = new HashMap<>();
    private final Map<Integer, Long> roomPublished = new HashMap<>();
    private int nextToken;
    private int completions;

    private HostileDevice(Script script, Arena arena) {
        this.script = script;
        GuestMemory memory = Script.memory(arena);
        ring = memory.region(0);
        format = script.format();
        size = script.size(format);
        indirectCapacity = format.indirect() ? script.below(Math.min(size, 4) + 1) : 0;
        int bytes = DriverVirtqueue.memorySize(size, format, indirectCapacity);
        driver = DriverVirtqueue.create(1, size, format, new DmaBuffer(ring, 0, bytes), indirectCapacity);
        chain = new BufferChain(size);
    }

    /**
     * Plays a script to its end; where the driver found the device out, it resets the queue and goes on.
     *
     * @return how many requests came back
     */
    static int play(byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            HostileDevice device = new HostileDevice(new Script(bytes), arena);
            while (device.script.goesOn()) {
                try {
                    device.move();
                } catch (VirtqueueException expected) {
                    device.reset();
                }
            }
            return device.completions;
        }
    }

    private void move() {
        switch (script.below(10)) {
            case 0, 1 -> add();
            case 2 -> publish();
            case 3, 4 -> use();
            case 5 -> writeAnywhere();
            case 6, 7 -> poll();
            case 8 -> driver.enableUsedNotifications();
            default -> driver.disableUsedNotifications();
        }
    }

    private void reset() {
        driver.reset();
        roomAdded.clear();
        roomPublished.clear();
        if (driver.free() != size) {
            throw new AssertionError(driver.free() + " free after a reset");
        }
    }

    private void add() {
        int parts = 1 + script.below(size);
        int readable = script.below(parts + 1);
        chain.clear();
        for (int part = 0; part < parts; part++) {
            if (part < readable) {
                chain.addReadable(Script.SECOND, 5);
            } else {
                chain.addWritable(Script.SECOND, 3);
            }
        }
        int needed = parts > 1 && parts <= indirectCapacity ? 1 : parts;
        boolean room = driver.free() >= needed;
        if (driver.add(chain, nextToken) != room) {
            throw new AssertionError("add with " + driver.free() + " free, for " + needed);
        }
        if (room) {
            roomAdded.put(nextToken++, chain.writableLength());
        }
    }

    private void publish() {
        driver.publish();
        roomPublished.putAll(roomAdded);
        roomAdded.clear();
    }

    private void poll() {
        int token = driver.poll();
        if (token == DriverVirtqueue.NONE) {
            return;
        }
        Long room = roomPublished.remove(token);
        if (room == null || driver.usedLength() < 0 || driver.usedLength() > room) {
            throw new AssertionError("token " + token + " with " + driver.usedLength() + " bytes, room " + room);
        }
        completions++;
        if (driver.free() < 1 || driver.free() > size) {
            throw new AssertionError(driver.free() + " free of " + size);
        }
    }

    /** A used element that may be right. */
    private void use() {
        int place = script.below(size);
        int id = script.below(size + 1);
        int length = script.below(4) != 0 ? script.below(7) : script.length();
        int how = script.next();
        if (format.packed()) {
            long at = driver.descriptorArea() - Script.FIRST + place * 16L;
            int flags = PackedLayout.usedFlags((how & 1) == 0);
            ring.putLong(at + 8, (length & 0xffffffffL) | (long) id << 32 | (long) flags << 48);
            return;
        }
        long area = driver.deviceArea() - Script.FIRST;
        long indexAt = area + SplitLayout.USED_IDX;
        int index = ring.getShort(indexAt) & 0xffff;
        int slot = how % 4 == 0 ? place : index & (size - 1);
        ring.putInt(area + SplitLayout.usedElement(slot), how == 255 ? -1 : id);
        ring.putInt(area + SplitLayout.usedElement(slot) + SplitLayout.USED_ELEMENT_LEN, length);
        ring.putShort(indexAt, (short) (index + (how < 224 ? 1 : how - 224)));
    }

    private void writeAnywhere() {
        int bytes = DriverVirtqueue.memorySize(size, format, indirectCapacity);
        ring.putLong(script.nextShort() % (bytes - Long.BYTES), script.nextLong());
    }
}
