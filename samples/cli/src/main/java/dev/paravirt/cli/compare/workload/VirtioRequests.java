// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.NumberedDisk;
import dev.paravirt.guest.driver.BlockDriver;
import dev.paravirt.guest.jvm.JvmPlatform;
import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;

/** Requests of a virtio block device, under way side by side. */
final class VirtioRequests implements Work {
    /** Of the first queue of the first device. */
    private static final int DOORBELL = 0;

    private final String name;
    private final JvmPlatform platform;
    private final BlockDriver driver;
    private final BlockPattern pattern;
    private final Waiting waiting;
    private final Showing showing;
    private final Sectors sectors;
    private final DmaBuffer[] buffers;
    private final long[] sectorOf;
    private final long[] beganOf;
    private final int[] bufferOf;
    private final int[] free;
    private int freeCount;
    private long stamp;

    /** @param buffers one for each request that is to be under way */
    VirtioRequests(
            String name,
            JvmPlatform platform,
            BlockDriver driver,
            BlockPattern pattern,
            DmaBuffer[] buffers,
            Waiting waiting,
            Showing showing) {
        this.name = name;
        this.platform = platform;
        this.driver = driver;
        this.pattern = pattern;
        this.waiting = waiting;
        this.showing = showing;
        this.sectors = new Sectors(pattern);
        this.buffers = buffers;
        this.sectorOf = new long[buffers.length];
        this.beganOf = new long[buffers.length];
        this.bufferOf = new int[driver.depth(0)];
        this.free = new int[buffers.length];
        for (int buffer = 0; buffer < free.length; buffer++) {
            free[freeCount++] = buffer;
        }
    }

    @Override
    public void run(Turn turn) throws IOException {
        while (turn.goesOn()) {
            while (freeCount > 0) {
                submit(free[--freeCount], turn);
            }
            if (showing == Showing.BATCHES) {
                driver.kick(0);
            }
            complete(turn);
        }
        while (freeCount < free.length) {
            complete(turn);
        }
        if (pattern.isWrite()) {
            checkWritten();
        }
    }

    private void submit(int index, Turn turn) throws IOException {
        DmaBuffer buffer = buffers[index];
        int token;
        if (pattern.isWrite()) {
            sectorOf[index] = sectors.next(index, buffers.length);
            stamp(buffer, sectorOf[index]);
            beganOf[index] = turn.begin();
            token = driver.submitWrite(0, sectorOf[index], buffer);
        } else {
            sectorOf[index] = sectors.next();
            beganOf[index] = turn.begin();
            token = driver.submitRead(0, sectorOf[index], buffer);
        }
        bufferOf[token] = index;
        if (showing != Showing.BATCHES && !driver.kick(0) && showing == Showing.SINGLY_NOTIFIED) {
            platform.notify(DOORBELL, 0);
        }
    }

    private void stamp(DmaBuffer buffer, long sector) {
        stamp++;
        for (int at = 0; at < buffer.size(); at += NumberedDisk.SECTOR) {
            buffer.putLong(at, sector + at / NumberedDisk.SECTOR);
            buffer.putLong(at + Long.BYTES, stamp);
        }
    }

    /** Waits until something is complete, and takes all that is. */
    private void complete(Turn turn) throws IOException {
        if (waiting == Waiting.POLLING) {
            Thread.onSpinWait();
        } else {
            driver.await(0, -1);
        }
        for (int token = driver.poll(0); token != BlockDriver.NONE; token = driver.poll(0)) {
            if (driver.status(0, token) != BlkStatus.OK) {
                throw driver.failure(0, token);
            }
            int index = bufferOf[token];
            if (!pattern.isWrite()) {
                check(index);
            }
            free[freeCount++] = index;
            turn.completed(beganOf[index]);
        }
    }

    private void check(int index) throws IOException {
        DmaBuffer buffer = buffers[index];
        sectors.check(name, sectorOf[index], buffer.getLong(0), buffer.getLong(sectors.last()));
    }

    /** Each buffer writes to a part of the disk of its own, so what it wrote last is there. */
    private void checkWritten() throws IOException {
        for (int index = 0; index < buffers.length; index++) {
            DmaBuffer buffer = buffers[index];
            long written = buffer.getLong(sectors.last() + Long.BYTES);
            buffer.putLong(sectors.last() + Long.BYTES, -1);
            driver.read(sectorOf[index], buffer);
            check(index);
            if (buffer.getLong(sectors.last() + Long.BYTES) != written) {
                throw new IOException(name + " does not find what it wrote to sector " + sectorOf[index]);
            }
        }
    }
}
