// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.VirtqueueFormat;
import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkSegment;

/** A block device as a test drives it: requests of any shape, right or wrong, and what became of them. */
final class BlockDisk implements AutoCloseable {
    static final VirtqueueFormat SPLIT = new VirtqueueFormat(false, false, false, false, false);
    private static final int UNTOUCHED = 0xee;
    private static final int MEMORY = 16 << 20;

    final BlockDevice device;
    final RingHarness ring;
    private final Slot[][] slots;

    BlockDisk(BlockImage image, BlockOptions options) {
        this(new BlockDevice(image, options), SPLIT);
    }

    BlockDisk(BlockDevice device, VirtqueueFormat format) {
        this(device, format, device.features());
    }

    BlockDisk(BlockDevice device, VirtqueueFormat format, FeatureBits features) {
        this.device = device;
        ring = new RingHarness(device, format, features, MEMORY);
        slots = new Slot[device.queueCount()][RingHarness.QUEUE_SIZE];
        for (Slot[] queue : slots) {
            for (int token = 0; token < queue.length; token++) {
                queue[token] = new Slot(ring.allocate(BlkRequest.HEADER_SIZE), ring.allocate(1));
            }
        }
    }

    private static final class Slot {
        final DmaBuffer header;
        final DmaBuffer status;
        boolean busy;

        Slot(DmaBuffer header, DmaBuffer status) {
            this.header = header;
            this.status = status;
        }
    }

    /** A request that is under way. */
    final class Pending {
        final int queue;
        final int token;
        long written = -1;

        Pending(int queue, int token) {
            this.queue = queue;
            this.token = token;
        }

        /** Whether it is complete now. */
        boolean isDone() {
            ring.serve(queue);
            return ring.isUsed(queue, token);
        }

        /** Its status, once it is complete. */
        int await() {
            written = ring.await(queue, token);
            Slot slot = slots[queue][token];
            slot.busy = false;
            return slot.status.getByte(0) & 0xff;
        }
    }

    DmaBuffer buffer(int bytes) {
        return ring.allocate(bytes);
    }

    private int freeToken(int queue) {
        for (int token = 0; token < slots[queue].length; token++) {
            if (!slots[queue][token].busy) {
                return token;
            }
        }
        throw new AssertionError("too many requests at once");
    }

    /** Starts a request whose data is in these buffers, in any number of pieces. */
    Pending start(int queue, int type, long sector, boolean deviceWrites, DmaBuffer... data) {
        int token = freeToken(queue);
        Slot slot = slots[queue][token];
        slot.busy = true;
        slot.header.putInt(BlkRequest.TYPE, type);
        slot.header.putInt(BlkRequest.RESERVED, 0);
        slot.header.putLong(BlkRequest.SECTOR, sector);
        slot.status.putByte(0, (byte) UNTOUCHED);
        BufferChain chain = new BufferChain(data.length + 2).addReadable(slot.header);
        for (DmaBuffer buffer : data) {
            if (deviceWrites) {
                chain.addWritable(buffer);
            } else {
                chain.addReadable(buffer);
            }
        }
        ring.submit(queue, chain.addWritable(slot.status), token);
        ring.serve(queue);
        return new Pending(queue, token);
    }

    Pending startRead(int queue, long sector, DmaBuffer... data) {
        return start(queue, BlkRequest.T_IN, sector, true, data);
    }

    Pending startWrite(int queue, long sector, DmaBuffer... data) {
        return start(queue, BlkRequest.T_OUT, sector, false, data);
    }

    Pending startFlush(int queue) {
        return start(queue, BlkRequest.T_FLUSH, 0, false);
    }

    int read(long sector, DmaBuffer... data) {
        return startRead(0, sector, data).await();
    }

    int write(long sector, DmaBuffer... data) {
        return startWrite(0, sector, data).await();
    }

    int flush() {
        return startFlush(0).await();
    }

    /** A discard, write zeroes or secure erase request of one segment. */
    int range(int type, long sector, int sectors, int flags) {
        return start(0, type, 0, false, segment(sector, sectors, flags)).await();
    }

    DmaBuffer segment(long sector, int sectors, int flags) {
        DmaBuffer segment = buffer(BlkSegment.SIZE);
        segment.putLong(BlkSegment.SECTOR, sector);
        segment.putInt(BlkSegment.NUM_SECTORS, sectors);
        segment.putInt(BlkSegment.FLAGS, flags);
        return segment;
    }

    /** A buffer of sectors filled with a value. */
    DmaBuffer filled(int sectors, int value) {
        DmaBuffer buffer = buffer(sectors * BlkRequest.SECTOR_SIZE);
        buffer.fill(0, buffer.size(), (byte) value);
        return buffer;
    }

    /** Reads sectors and checks that every byte has a value. */
    void assertSectors(long sector, int sectors, int value) {
        DmaBuffer data = filled(sectors, ~value);
        assertThat(read(sector, data)).as("status of read at %s", sector).isZero();
        assertFilled(data, value);
    }

    static void assertFilled(DmaBuffer data, int value) {
        for (int i = 0; i < data.size(); i++) {
            if (data.getByte(i) != (byte) value) {
                throw new AssertionError(
                        "byte " + i + " of " + data.size() + " is " + data.getByte(i) + ", not " + value);
            }
        }
    }

    @Override
    public void close() {
        ring.close();
    }
}
