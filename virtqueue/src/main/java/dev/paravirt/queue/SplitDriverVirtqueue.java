// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.ring.NotificationData;
import dev.paravirt.spec.ring.RingIndex;
import dev.paravirt.spec.ring.SplitLayout;

/** The driver side of a split virtqueue (VIRTIO 1.4, "Split Virtqueues"). */
final class SplitDriverVirtqueue extends DriverVirtqueue {
    private static final int NEXT = SplitLayout.DESC_F_NEXT;
    private static final int WRITE = SplitLayout.DESC_F_WRITE;
    private static final int INDIRECT = SplitLayout.DESC_F_INDIRECT;

    private final VirtqueueFormat format;
    private final boolean eventIndex;
    private final boolean inOrder;
    private final DriverMemory parts;
    private final MemoryRegion memory;
    private final long descriptors;
    private final long available;
    private final long used;
    private final long availableIndexAt;
    private final long usedIndexAt;
    private final long usedEventAt;
    private final long availEventAt;
    private final int size;

    private final BuffersUnderWay underWay;

    /** Which descriptor follows, in a chain under way and in the list of free ones. */
    private final int[] next;

    private int firstFree;
    private int freeCount;
    private int availableIndex;
    private int publishedIndex;
    private int usedIndex;

    /** Buffers that were added, published and taken back so far. */
    private long added;

    private long published;
    private long taken;

    /** Index of the Used Ring as last read: up to there buffers can be taken without looking again. */
    private int usedIndexSeen;

    /** In order, the device may use a batch with one element, for its last buffer: how many of them are left to take. */
    private int batchLeft;

    /** Id and length of the used element that was read last. */
    private int elementId;

    private int elementLength;
    private int usedLength;
    private boolean interruptsSuppressed;

    SplitDriverVirtqueue(int index, int size, VirtqueueFormat format, DriverMemory parts) {
        super(index, size);
        this.size = size;
        this.format = format;
        this.eventIndex = format.eventIndex();
        this.inOrder = format.inOrder();
        this.parts = parts;
        this.memory = parts.region;
        this.descriptors = parts.ring;
        this.available = parts.ring + SplitLayout.availableRingOffset(size);
        this.used = parts.ring + SplitLayout.usedRingOffset(size);
        this.availableIndexAt = available + SplitLayout.AVAIL_IDX;
        this.usedIndexAt = used + SplitLayout.USED_IDX;
        this.usedEventAt = available + SplitLayout.usedEvent(size);
        this.availEventAt = used + SplitLayout.availEvent(size);
        this.underWay = new BuffersUnderWay(size);
        this.next = new int[size];
        reset();
    }

    @Override
    public void reset() {
        memory.fill(parts.ring, parts.ringSize, (byte) 0);
        underWay.clear();
        // In order the descriptors are used in ring order; the list makes it so at the start, and ever after.
        for (int descriptor = 0; descriptor < size; descriptor++) {
            next[descriptor] = (descriptor + 1) & (size - 1);
        }
        firstFree = 0;
        freeCount = size;
        availableIndex = 0;
        publishedIndex = 0;
        usedIndex = 0;
        usedIndexSeen = 0;
        added = 0;
        published = 0;
        taken = 0;
        batchLeft = 0;
        usedLength = 0;
        interruptsSuppressed = false;
    }

    @Override
    public long descriptorArea() {
        return parts.address(descriptors);
    }

    @Override
    public long driverArea() {
        return parts.address(available);
    }

    @Override
    public long deviceArea() {
        return parts.address(used);
    }

    @Override
    public int free() {
        return freeCount;
    }

    @Override
    public boolean add(BufferChain chain, int token) {
        int count = chain.count();
        if (count == 1) {
            return addSingle(chain.addresses[0], chain.lengths[0], chain.readableCount() == 1 ? 0 : WRITE, token);
        }
        boolean indirect = count <= parts.indirectCapacity;
        if (count == 0 || (!indirect && count > size)) {
            throw new IllegalArgumentException("a chain of " + count + " buffers in a queue of " + size);
        }
        int needed = indirect ? 1 : count;
        if (freeCount < needed) {
            return false;
        }
        int head = firstFree;
        underWay.put(head, token, chain.writableLength(), chain.readableCount() > 0, needed, added++);
        if (indirect) {
            long table = parts.table(head);
            writeTable(table, chain);
            writeDescriptor(descriptors, head, parts.address(table), count * SplitLayout.DESCRIPTOR_SIZE, INDIRECT, 0);
            firstFree = next[head];
        } else {
            writeChain(chain);
        }
        freeCount -= needed;
        makeAvailable(head);
        return true;
    }

    private void writeTable(long table, BufferChain chain) {
        int last = chain.count() - 1;
        for (int part = 0; part <= last; part++) {
            int flags = (part < chain.readableCount() ? 0 : WRITE) | (part < last ? NEXT : 0);
            writeDescriptor(table, part, chain.addresses[part], chain.lengths[part], flags, part < last ? part + 1 : 0);
        }
    }

    private void writeChain(BufferChain chain) {
        int last = chain.count() - 1;
        int descriptor = firstFree;
        for (int part = 0; part <= last; part++) {
            int following = next[descriptor];
            int flags = (part < chain.readableCount() ? 0 : WRITE) | (part < last ? NEXT : 0);
            writeDescriptor(
                    descriptors,
                    descriptor,
                    chain.addresses[part],
                    chain.lengths[part],
                    flags,
                    part < last ? following : 0);
            descriptor = following;
        }
        firstFree = descriptor;
    }

    private void writeDescriptor(long table, int index, long address, int length, int flags, int following) {
        long at = table + SplitLayout.descriptor(index);
        memory.putLong(at + SplitLayout.DESCRIPTOR_ADDR, address);
        memory.putLong(
                at + SplitLayout.DESCRIPTOR_LEN, (length & 0xffffffffL) | (long) flags << 32 | (long) following << 48);
    }

    @Override
    public boolean addReadable(long address, int length, int token) {
        return addSingle(address, length, 0, token);
    }

    @Override
    public boolean addWritable(long address, int length, int token) {
        return addSingle(address, length, WRITE, token);
    }

    private boolean addSingle(long address, int length, int flags, int token) {
        if (length < 1) {
            throw new IllegalArgumentException("a buffer has at least one byte: " + length);
        }
        if (freeCount == 0) {
            return false;
        }
        int head = firstFree;
        underWay.put(head, token, flags == WRITE ? length : 0, flags != WRITE, 1, added++);
        writeDescriptor(descriptors, head, address, length, flags, 0);
        firstFree = next[head];
        freeCount--;
        makeAvailable(head);
        return true;
    }

    private void makeAvailable(int head) {
        int slot = RingIndex.slot(availableIndex, size);
        memory.putShort(available + SplitLayout.availableEntry(slot), (short) head);
        if (inOrder) {
            underWay.putInOrder(slot, head);
        }
        availableIndex = RingIndex.advance(availableIndex, 1);
    }

    @Override
    public boolean publish() {
        int before = publishedIndex;
        if (before == availableIndex) {
            return false;
        }
        publishedIndex = availableIndex;
        published = added;
        // Pairs with the device's acquire of the index: descriptors and entries are visible before it.
        memory.putShortRelease(availableIndexAt, (short) availableIndex);
        // The device writes its wish, fences, and looks at the index: one of us sees the other.
        MemoryRegion.fullFence();
        if (eventIndex) {
            return RingIndex.needEvent(memory.getShortOpaque(availEventAt) & 0xffff, availableIndex, before);
        }
        return (memory.getShortOpaque(used + SplitLayout.USED_FLAGS) & SplitLayout.USED_F_NO_NOTIFY) == 0;
    }

    @Override
    public int notificationData() {
        return NotificationData.split(index(), format.notificationData() ? publishedIndex : 0);
    }

    @Override
    public int poll() {
        if (batchLeft == 0 && !nextElement()) {
            return NONE;
        }
        int slot = RingIndex.slot(usedIndex, size);
        usedIndex = RingIndex.advance(usedIndex, 1);
        taken++;
        int id;
        if (inOrder) {
            id = underWay.idInOrder(slot);
            // Of the buffers that were skipped the device has used all (VIRTIO 1.4, "In-order use of descriptors").
            usedLength = --batchLeft == 0 ? underWay.usedLength(id, elementLength) : underWay.room(id);
        } else {
            id = elementId;
            usedLength = underWay.usedLength(id, elementLength);
        }
        release(id);
        return underWay.take(id);
    }

    /** Reads the next used element, once, and checks it; false if there is none. */
    private boolean nextElement() {
        if (usedIndex == usedIndexSeen && !lookForUsed()) {
            return false;
        }
        long element = memory.getLong(used + SplitLayout.usedElement(RingIndex.slot(usedIndex, size)));
        int id = (int) element;
        elementId = id;
        elementLength = (int) (element >>> 32);
        if (inOrder) {
            batchLeft = underWay.distance(id, taken, RingIndex.distance(usedIndex, usedIndexSeen));
        } else {
            underWay.checkAvailable(id, published);
        }
        return true;
    }

    private boolean lookForUsed() {
        // Pairs with the device's release of the index: elements and written buffers are visible after it.
        int seen = memory.getShortAcquire(usedIndexAt) & 0xffff;
        int count = RingIndex.distance(usedIndex, seen);
        if (count > RingIndex.distance(usedIndex, publishedIndex)) {
            throw new VirtqueueException("the device moved the used index from " + usedIndex + " to " + seen
                    + "; the available index is " + publishedIndex);
        }
        usedIndexSeen = seen;
        return count != 0;
    }

    private void release(int head) {
        int count = underWay.descriptors(head);
        if (!inOrder) {
            int last = head;
            for (int i = 1; i < count; i++) {
                last = next[last];
            }
            next[last] = firstFree;
            firstFree = head;
        }
        freeCount += count;
    }

    @Override
    public int usedLength() {
        return usedLength;
    }

    @Override
    public void disableUsedNotifications() {
        // With an event index there is nothing to do: the event that was asked for is past.
        if (!eventIndex && !interruptsSuppressed) {
            interruptsSuppressed = true;
            memory.putShortOpaque(available + SplitLayout.AVAIL_FLAGS, (short) SplitLayout.AVAIL_F_NO_INTERRUPT);
        }
    }

    @Override
    public boolean enableUsedNotifications() {
        if (batchLeft != 0 || usedIndex != usedIndexSeen) {
            return false;
        }
        if (eventIndex) {
            memory.putShortOpaque(usedEventAt, (short) usedIndex);
        } else if (interruptsSuppressed) {
            interruptsSuppressed = false;
            memory.putShortOpaque(available + SplitLayout.AVAIL_FLAGS, (short) 0);
        }
        // The device writes its index, fences, and looks at our wish: one of us sees the other.
        MemoryRegion.fullFence();
        return (memory.getShortOpaque(usedIndexAt) & 0xffff) == usedIndex;
    }
}
