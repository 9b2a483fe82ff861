// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.spec.blk.BlkLifetime;
import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkStatus;

/** Requests that are waited for: one at a time, in the slot of queue 0 that is set apart for them. */
final class BlockingCalls {
    private final BlockSession session;
    private final RequestRules rules;
    private final RequestQueue queue;
    private final int slot;
    private final DmaBuffer answer;

    BlockingCalls(BlockSession session, RequestRules rules) {
        this.session = session;
        this.rules = rules;
        this.queue = session.queues[0];
        this.slot = queue.reserved();
        this.answer = session.platform.allocate(BlkRequest.ID_SIZE, Long.BYTES);
    }

    /** Reads or writes a buffer, in as many requests as it takes. */
    void transfer(int type, long sector, DmaBuffer buffer) throws BlockIoException {
        int size = buffer.size();
        if (size % BlkRequest.SECTOR_SIZE != 0) {
            throw new IllegalArgumentException(size + " bytes are not whole sectors of " + BlkRequest.SECTOR_SIZE);
        }
        rules.check(type, sector, size >>> BlkRequest.SECTOR_SHIFT);
        int done = 0;
        while (done < size) {
            int length = Math.min(size - done, session.limits.maxTransferBytes());
            long at = sector + (done >>> BlkRequest.SECTOR_SHIFT);
            queue.begin(slot, type, at, length >>> BlkRequest.SECTOR_SHIFT);
            append(buffer.address() + done, length, type == BlkRequest.T_IN);
            complete();
            done += length;
        }
    }

    void flush() throws BlockIoException {
        queue.begin(slot, BlkRequest.T_FLUSH, 0, 0);
        complete();
    }

    void range(int type, long sector, long sectors, int flags) throws BlockIoException {
        rules.checkRange(type, sector, sectors);
        queue.begin(slot, type, sector, sectors);
        queue.appendSegment(slot, flags);
        complete();
    }

    String deviceId() throws BlockIoException {
        ask(BlkRequest.T_GET_ID, BlkRequest.ID_SIZE);
        StringBuilder id = new StringBuilder(BlkRequest.ID_SIZE);
        for (int i = 0; i < BlkRequest.ID_SIZE; i++) {
            int character = answer.getByte(i);
            if (character == 0) {
                break;
            }
            id.append(character >= ' ' && character <= '~' ? (char) character : '?');
        }
        return id.toString();
    }

    BlockLifetime lifetime() throws BlockIoException {
        ask(BlkRequest.T_GET_LIFETIME, BlkLifetime.SIZE);
        return new BlockLifetime(
                answer.getShort(BlkLifetime.PRE_EOL_INFO_FIELD) & 0xffff,
                answer.getShort(BlkLifetime.DEVICE_LIFETIME_EST_TYP_A) & 0xffff,
                answer.getShort(BlkLifetime.DEVICE_LIFETIME_EST_TYP_B) & 0xffff);
    }

    private void ask(int type, int length) throws BlockIoException {
        rules.check(type, 0, 0);
        answer.fill(0, answer.size(), (byte) 0);
        queue.begin(slot, type, 0, 0);
        append(answer.address(), length, true);
        complete();
    }

    private void append(long address, int length, boolean writable) {
        queue.append(slot, address, length, writable, session.limits.maxSegmentBytes());
    }

    /** Puts the request into the ring, waits for it and takes it. */
    private void complete() throws BlockIoException {
        queue.end(slot);
        while (!queue.add(slot)) {
            session.kick(queue);
            boolean happened = session.waitFor(queue, -1);
            checkAlive(happened);
        }
        session.kick(queue);
        while (!queue.isDone(slot)) {
            boolean happened = session.waitFor(queue, -1);
            if (!happened && session.broken() != null) {
                session.recover();
            }
        }
        if (queue.takeReserved() != BlkStatus.OK) {
            throw rules.failure(queue, slot);
        }
    }

    private void checkAlive(boolean happened) throws BlockIoException {
        if (session.broken() != null) {
            session.recover();
        }
        String failure = session.failure();
        if (failure != null) {
            throw rules.refuse(queue.type(slot), queue.sector(slot), failure);
        }
        if (!happened && queue.underWay() == 0) {
            throw new IllegalStateException("a queue with nothing in it has no room for one request");
        }
    }
}
