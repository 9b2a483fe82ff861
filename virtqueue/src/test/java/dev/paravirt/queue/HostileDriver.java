// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.ring.PackedLayout;
import dev.paravirt.spec.ring.SplitLayout;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * A driver that writes whatever a {@link Script} says into the rings, before a device that does its work as if nothing
 * were wrong. Whatever happens, the device sees nothing but memory of the guest, and no exception but
 * {@link VirtqueueException}.
 */
final class HostileDriver {
    private final Script script;
    private final GuestMemory memory;
    private final MemoryRegion ring;
    private final VirtqueueFormat format;
    private final int size;
    private final long driverArea;
    private final long deviceArea;
    private DeviceVirtqueue device;
    private final List<DescriptorChain> held = new ArrayList<>();
    private final byte[] bytes = new byte[Script.FIRST_BYTES + Script.SECOND_BYTES];
    private int polls;

    private HostileDriver(Script script, Arena arena) {
        this.script = script;
        memory = Script.memory(arena);
        ring = memory.region(0);
        format = script.format();
        size = script.size(format);
        driverArea = format.packed()
                ? PackedLayout.driverEventSuppressionOffset(size)
                : SplitLayout.availableRingOffset(size);
        deviceArea =
                format.packed() ? PackedLayout.deviceEventSuppressionOffset(size) : SplitLayout.usedRingOffset(size);
        device = reset();
    }

    /** A new device on a ring that is fine: harmless descriptors, none of them available. */
    private DeviceVirtqueue reset() {
        ring.fill(0, ringBytes(), (byte) 0);
        for (int descriptor = 0; descriptor < size; descriptor++) {
            ring.putLong(descriptor * 16L, Script.SECOND);
            ring.putInt(descriptor * 16L + SplitLayout.DESCRIPTOR_LEN, 64);
        }
        return DeviceVirtqueue.create(
                memory, size, format, Script.FIRST, Script.FIRST + driverArea, Script.FIRST + deviceArea);
    }

    /**
     * Plays a script to its end; where the device finds the driver out, the queue is set up anew.
     *
     * @return how many requests the device took
     */
    static int play(byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            HostileDriver driver = new HostileDriver(new Script(bytes), arena);
            while (driver.script.goesOn()) {
                try {
                    driver.move();
                } catch (VirtqueueException expected) {
                    driver.finishHeld();
                    driver.device = driver.reset();
                }
            }
            return driver.polls;
        }
    }

    private void move() {
        switch (script.below(13)) {
            case 0, 1 -> writeDescriptor(Script.FIRST);
            case 2 -> writeDescriptor(script.address());
            case 3, 4 -> makeAvailable(script.next());
            case 5 -> writeAnywhere();
            case 6, 7, 8 -> poll();
            case 9 -> push();
            case 10 -> device.publish();
            case 11 -> device.enableAvailableNotifications();
            default -> device.disableAvailableNotifications();
        }
    }

    /** In the ring, or in a table at an address. */
    private void writeDescriptor(long table) {
        long at = table + script.below(size + 1) * 16L;
        if (memory.find(at, 16) != ring) {
            return;
        }
        long offset = at - Script.FIRST;
        ring.putLong(offset, script.address());
        ring.putInt(offset + SplitLayout.DESCRIPTOR_LEN, script.length());
        int flags = script.next();
        int other = script.below(size + 1);
        int low = flags & 7;
        if (format.packed()) {
            ring.putShort(offset + PackedLayout.DESCRIPTOR_ID, (short) other);
            ring.putShort(offset + PackedLayout.DESCRIPTOR_FLAGS, (short)
                    (low | PackedLayout.availableFlags((flags & 8) == 0)));
        } else {
            ring.putShort(offset + SplitLayout.DESCRIPTOR_FLAGS, (short) low);
            ring.putShort(offset + SplitLayout.DESCRIPTOR_NEXT, (short) other);
        }
    }

    /** A split ring gets a new entry, mostly; one of a packed ring is available as it is written. */
    private void makeAvailable(int how) {
        if (format.packed()) {
            long at = how % size * 16L + PackedLayout.DESCRIPTOR_FLAGS;
            ring.putShort(at, (short) (ring.getShort(at) ^ PackedLayout.DESC_F_AVAIL ^ PackedLayout.DESC_F_USED));
            return;
        }
        long indexAt = driverArea + SplitLayout.AVAIL_IDX;
        int index = ring.getShort(indexAt) & 0xffff;
        int head = script.below(size + 1);
        ring.putShort(driverArea + SplitLayout.availableEntry(index & (size - 1)), (short) head);
        ring.putShort(indexAt, (short) (index + (how < 200 ? 1 : how - 200)));
    }

    private void writeAnywhere() {
        int at = script.nextShort() % (ringBytes() - Long.BYTES);
        ring.putLong(at, script.nextLong());
    }

    private int ringBytes() {
        return format.packed() ? PackedLayout.totalSize(size) : SplitLayout.totalSize(size);
    }

    private void poll() {
        DescriptorChain chain = device.poll();
        if (chain != null) {
            polls++;
            held.add(chain);
            check(chain);
        }
        if (held.size() > size || device.outstanding() > size || device.outstanding() < held.size()) {
            throw new AssertionError(held.size() + " requests at once, " + device.outstanding() + " outstanding");
        }
    }

    private void check(DescriptorChain chain) {
        long sum = 0;
        for (int piece = 0; piece < chain.pieces(); piece++) {
            MemoryRegion region = chain.region(piece);
            if (chain.length(piece) < 1
                    || chain.offset(piece) < 0
                    || chain.offset(piece) + chain.length(piece) > region.size()) {
                throw new AssertionError("a piece outside of " + region);
            }
            sum += chain.length(piece);
        }
        if (sum != chain.readableLength() + chain.writableLength() || chain.pieces() > 4 * size) {
            throw new AssertionError(chain.pieces() + " pieces of " + sum + " bytes");
        }
    }

    private void push() {
        if (!held.isEmpty()) {
            finish(held.remove(script.below(held.size())));
        }
    }

    /** What any device does: read all, write all. It may well overwrite the ring with it. */
    private void finish(DescriptorChain chain) {
        int readable = (int) Math.min(bytes.length, chain.readableLength());
        chain.read(0, bytes, 0, readable);
        int writable = (int) Math.min(bytes.length, chain.writableLength());
        chain.write(0, bytes, 0, writable);
        device.push(chain, chain.writableLength());
    }

    /** After an exception the requests that were fine can still be finished. */
    private void finishHeld() {
        for (DescriptorChain chain : held) {
            finish(chain);
        }
        held.clear();
        device.publish();
        if (device.outstanding() != 0) {
            throw new AssertionError(device.outstanding() + " outstanding at the end");
        }
    }
}
