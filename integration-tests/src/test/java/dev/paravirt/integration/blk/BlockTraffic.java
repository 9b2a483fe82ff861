// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.blk;

import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.platform.Platform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.util.Random;

/**
 * Keeps a queue full of random requests and checks every byte that comes back. Each request slot has sectors of its own,
 * since requests that overlap have no order.
 */
final class BlockTraffic {
    /** Sectors that each slot works on. */
    private static final int AREA = 64;

    private static final int LONGEST = 16;
    private static final int SECTOR = BlkRequest.SECTOR_SIZE;

    /** One request and the sectors that belong to it. */
    private static final class Slot {
        final long start;
        final DmaBuffer buffer;
        /** What each sector holds: the seed of its pattern, 0 for zeroes. */
        final long[] seeds = new long[AREA];

        final long[] before = new long[AREA];
        int first;
        int count;
        boolean read;

        Slot(long start, DmaBuffer buffer) {
            this.start = start;
            this.buffer = buffer;
        }
    }

    private final BlockDriver driver;
    private final int queue;
    private final Random random;
    private final Slot[] slots;
    private final int[] slotOfToken;
    private final BufferChain pieces;
    private long nextSeed = 1;

    /** @param firstSector where the areas begin */
    BlockTraffic(BlockDriver driver, Platform platform, int queue, int depth, long firstSector, long seed) {
        this.driver = driver;
        this.queue = queue;
        this.random = new Random(seed);
        this.slots = new Slot[Math.min(depth, driver.depth(queue))];
        this.slotOfToken = new int[driver.depth(queue)];
        this.pieces = new BufferChain(Math.max(driver.limits().maxSegments(), 1));
        for (int slot = 0; slot < slots.length; slot++) {
            DmaBuffer buffer = platform.allocate(LONGEST * SECTOR, SECTOR);
            slots[slot] = new Slot(firstSector + (long) slot * AREA, buffer);
        }
    }

    /** Sectors that traffic of a depth needs. */
    static long sectors(int depth) {
        return (long) depth * AREA;
    }

    /** Makes requests until so many are done, and then reads everything once more. */
    void run(int requests) throws IOException {
        exchange(requests);
        readEverything();
    }

    /** Makes requests until so many are done. */
    void exchange(int requests) throws IOException {
        int submitted = 0;
        int completed = 0;
        int[] idle = new int[slots.length];
        int idleCount = 0;
        for (int slot = 0; slot < slots.length; slot++) {
            idle[idleCount++] = slot;
        }
        while (completed < requests) {
            while (idleCount > 0 && submitted < requests) {
                int token = submit(slots[idle[idleCount - 1]]);
                if (token == BlockDriver.FULL) {
                    break;
                }
                slotOfToken[token] = idle[--idleCount];
                submitted++;
            }
            driver.kick(queue);
            if (!driver.await(queue, -1)) {
                throw new AssertionError("nothing is under way after " + completed + " of " + submitted);
            }
            for (int token = driver.poll(queue); token != BlockDriver.NONE; token = driver.poll(queue)) {
                int slot = slotOfToken[token];
                complete(slots[slot], token);
                idle[idleCount++] = slot;
                completed++;
            }
        }
    }

    private int submit(Slot slot) throws IOException {
        slot.count = 1 + random.nextInt(LONGEST);
        slot.first = random.nextInt(AREA - slot.count + 1);
        slot.read = false;
        int kind = random.nextInt(16);
        if (kind == 0) {
            slot.count = 0;
            return driver.submitFlush(queue);
        }
        if (kind == 1 && driver.features().has(BlkFeatures.WRITE_ZEROES)) {
            int token = driver.submitWriteZeroes(queue, slot.start + slot.first, slot.count, random.nextBoolean());
            if (token != BlockDriver.FULL) {
                remember(slot, false);
            }
            return token;
        }
        if (kind < 9) {
            slot.read = true;
            slot.buffer.fill(0, slot.count * SECTOR, (byte) 0x5a);
            return driver.submitRead(queue, slot.start + slot.first, scatter(slot, true));
        }
        // The ring may have no room for so many pieces: then the sectors keep what they held.
        System.arraycopy(slot.seeds, 0, slot.before, 0, AREA);
        remember(slot, true);
        write(slot);
        int token = driver.submitWrite(queue, slot.start + slot.first, scatter(slot, false));
        if (token == BlockDriver.FULL) {
            System.arraycopy(slot.before, 0, slot.seeds, 0, AREA);
        }
        return token;
    }

    private void remember(Slot slot, boolean data) {
        for (int sector = slot.first; sector < slot.first + slot.count; sector++) {
            slot.seeds[sector] = data ? nextSeed++ : 0;
        }
    }

    /** Cuts the buffer into random pieces: their borders mean nothing to the device. */
    private BufferChain scatter(Slot slot, boolean writable) {
        int most = driver.limits().maxSegments();
        int left = slot.count * SECTOR;
        int at = 0;
        pieces.clear();
        int count = 1 + random.nextInt(Math.min(most, 6));
        while (left > 0) {
            int length = pieces.count() == count - 1 ? left : 1 + random.nextInt(left);
            DmaBuffer piece = slot.buffer.slice(at, length);
            if (writable) {
                pieces.addWritable(piece);
            } else {
                pieces.addReadable(piece);
            }
            at += length;
            left -= length;
        }
        return pieces;
    }

    private static void write(Slot slot) {
        for (int sector = 0; sector < slot.count; sector++) {
            for (int at = 0; at < SECTOR; at += Long.BYTES) {
                slot.buffer.putLong(sector * SECTOR + at, pattern(slot.seeds[slot.first + sector], at));
            }
        }
    }

    private static long pattern(long seed, int at) {
        return seed == 0 ? 0 : seed * 0x9e3779b97f4a7c15L + at;
    }

    private void complete(Slot slot, int token) throws IOException {
        if (driver.status(queue, token) != BlkStatus.OK) {
            throw driver.failure(queue, token);
        }
        if (slot.read) {
            check(slot, slot.first, slot.count);
        }
    }

    private static void check(Slot slot, int first, int count) {
        for (int sector = 0; sector < count; sector++) {
            for (int at = 0; at < SECTOR; at += Long.BYTES) {
                long expected = pattern(slot.seeds[first + sector], at);
                long found = slot.buffer.getLong(sector * SECTOR + at);
                if (found != expected) {
                    throw new AssertionError("sector " + (slot.start + first + sector) + ", byte " + at + ": "
                            + Long.toHexString(found) + " in place of " + Long.toHexString(expected));
                }
            }
        }
    }

    /** Reads all areas by blocking calls, which are queue 0's. */
    void readEverything() throws IOException {
        for (Slot slot : slots) {
            for (int first = 0; first < AREA; first += LONGEST) {
                driver.read(slot.start + first, slot.buffer);
                check(slot, first, LONGEST);
            }
        }
    }
}
