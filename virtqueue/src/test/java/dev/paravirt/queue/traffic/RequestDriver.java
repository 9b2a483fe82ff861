// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue.traffic;

import dev.paravirt.memory.DmaBuffer;
import dev.paravirt.queue.BufferChain;
import dev.paravirt.queue.DriverVirtqueue;
import java.util.Arrays;

/**
 * A driver that sends requests of random shape to an {@link EchoService} and checks every byte that comes back: the
 * length, what was written, and that nothing beyond it was. Fills the queue now and then, and empties it.
 */
public final class RequestDriver {
    private static final byte UNTOUCHED = (byte) 0xa5;

    private final DriverVirtqueue queue;
    private final Traffic traffic;
    private final boolean inOrder;
    private final Dice dice;
    private final RequestSlot[] slots;
    private final BufferChain chain;
    private final byte[] bytes;
    private final int[] freeSlots;
    private int freeCount;
    private long added;
    private long completed;
    private boolean prepared;
    private boolean emptying;
    private long readableSum;
    private long freeWrittenSum;

    /** Tokens in the order in which they were added, for queues that keep it. */
    private final int[] order;

    /**
     * @param memory for the buffers: {@link Traffic#memorySize} bytes
     * @param inOrder whether the device uses buffers in the order in which they were added
     */
    public RequestDriver(DriverVirtqueue queue, DmaBuffer memory, Traffic traffic, boolean inOrder) {
        this.queue = queue;
        this.traffic = traffic;
        this.inOrder = inOrder;
        dice = new Dice(traffic.seed());
        chain = new BufferChain(traffic.parts());
        bytes = new byte[traffic.slotBytes()];
        slots = new RequestSlot[traffic.slots()];
        freeSlots = new int[traffic.slots()];
        order = new int[traffic.slots()];
        for (int slot = 0; slot < slots.length; slot++) {
            DmaBuffer part = memory.slice(slot * traffic.slotBytes(), traffic.slotBytes());
            slots[slot] = new RequestSlot(part, traffic.parts());
            freeSlots[freeCount++] = slot;
        }
    }

    /** Sends all requests and takes all answers, sleeping whenever there is nothing to do. */
    public void run(Line line) {
        queue.disableUsedNotifications();
        while (!done()) {
            int progress = submit();
            if (queue.publish()) {
                line.wakePeer(queue.notificationData());
            }
            progress += complete();
            if (progress == 0) {
                if (queue.enableUsedNotifications() && !line.await()) {
                    throw new AssertionError("the device went away, with " + (added - completed) + " requests");
                }
                queue.disableUsedNotifications();
            }
        }
    }

    public boolean done() {
        return completed == traffic.requests();
    }

    public long completed() {
        return completed;
    }

    /** Sum of the checksums of all that the device was to read. */
    public long readableSum() {
        return readableSum;
    }

    /** Sum of the checksums of all that the device wrote where there was nothing to read. */
    public long freeWrittenSum() {
        return freeWrittenSum;
    }

    /**
     * Adds some requests. The caller publishes.
     *
     * @return how many
     */
    public int submit() {
        emptying = added > completed && (emptying || dice.once(50));
        if (emptying) {
            return 0;
        }
        int most = dice.between(1, traffic.batch());
        int count = 0;
        while (count < most && freeCount > 0 && added < traffic.requests()) {
            int slot = freeSlots[freeCount - 1];
            if (!prepared) {
                prepare(slots[slot], slot);
                prepared = true;
            }
            if (!add(slots[slot])) {
                if (added == completed) {
                    throw new AssertionError("an empty queue has no room for " + chain.count() + " buffers");
                }
                break;
            }
            prepared = false;
            freeCount--;
            order[(int) (added % order.length)] = slots[slot].token;
            added++;
            count++;
        }
        return count;
    }

    private void prepare(RequestSlot slot, int number) {
        int tokens = Integer.MAX_VALUE / slots.length;
        slot.token = dice.below(tokens) * slots.length + number;
        slot.shape(dice);
        long seed = dice.nextLong();
        Pattern.fill(bytes, slot.readable, seed);
        Arrays.fill(bytes, slot.readable, slot.total, UNTOUCHED);
        slot.store(bytes);
        slot.seed = Pattern.hash(bytes, slot.readable);
        if (slot.readable > 0) {
            readableSum += slot.seed;
        }
    }

    private boolean add(RequestSlot slot) {
        if (slot.parts == 1 && slot.token % 2 == 0) {
            return slot.readable > 0
                    ? queue.addReadable(slot.address(0), slot.length(0), slot.token)
                    : queue.addWritable(slot.address(0), slot.length(0), slot.token);
        }
        slot.describe(chain.clear());
        return queue.add(chain, slot.token);
    }

    /**
     * Takes back and checks all requests that the device has used.
     *
     * @return how many
     */
    public int complete() {
        int count = 0;
        for (int token = queue.poll(); token != DriverVirtqueue.NONE; token = queue.poll()) {
            int number = token % slots.length;
            if (slots[number].token != token) {
                throw new AssertionError("token " + token + " is not under way");
            }
            if (inOrder && order[(int) (completed % order.length)] != token) {
                throw new AssertionError("token " + token + " came out of order");
            }
            check(slots[number], queue.usedLength());
            slots[number].token = -1;
            releaseSlot(number);
            completed++;
            count++;
        }
        return count;
    }

    /** Below the prepared one, if there is one, so that it stays on top. */
    private void releaseSlot(int number) {
        freeSlots[freeCount++] = number;
        if (prepared) {
            freeSlots[freeCount - 1] = freeSlots[freeCount - 2];
            freeSlots[freeCount - 2] = number;
        }
    }

    private void check(RequestSlot slot, int used) {
        int writable = slot.total - slot.readable;
        slot.load(bytes);
        if (slot.readable > 0) {
            int written = EchoService.written(slot.seed, writable);
            if (used != written || !Pattern.follows(bytes, written, slot.seed)) {
                throw new AssertionError("request " + slot.token + " of " + slot.parts + " parts: " + used
                        + " bytes came back instead of " + written + ", or wrong ones");
            }
        } else {
            if (used > writable || !Pattern.holds(bytes, used)) {
                throw new AssertionError("request " + slot.token + ": wrong bytes came back: " + used);
            }
            freeWrittenSum += Pattern.hash(bytes, used);
        }
        for (int at = used; at < writable; at++) {
            if (bytes[at] != UNTOUCHED) {
                throw new AssertionError("request " + slot.token + ": written past the used length " + used);
            }
        }
    }
}
