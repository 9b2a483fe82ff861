// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.ring.NotificationData;
import dev.paravirt.spec.ring.PackedLayout;
import dev.paravirt.spec.ring.RingIndex;

/**
 * The driver side of a packed virtqueue (VIRTIO 1.4, "Packed Virtqueues").
 *
 * <p>Length, id and flags of a descriptor are one 64-bit word, so that one store makes it available. The first such word
 * of a batch is held back until {@link #publish}: the device stops there, whatever lies behind.
 */
final class PackedDriverVirtqueue extends DriverVirtqueue {
    private static final int NEXT = PackedLayout.DESC_F_NEXT;
    private static final int WRITE = PackedLayout.DESC_F_WRITE;
    private static final int INDIRECT = PackedLayout.DESC_F_INDIRECT;

    private final VirtqueueFormat format;
    private final boolean eventIndex;
    private final boolean inOrder;
    private final DriverMemory parts;
    private final MemoryRegion memory;
    private final long ring;
    private final long driverEventAt;
    private final long deviceEventAt;
    private final int size;

    private final BuffersUnderWay underWay;
    private final int[] freeIds;
    private int freeIdCount;
    private int freeCount;

    /** Where the next available descriptor goes, the first that is not published, and where the next used one will be. */
    private int availablePosition;

    private int publishedPosition;
    private int usedPosition;

    /** Buffers that were added, published and taken back so far. */
    private long added;

    private long published;
    private long taken;

    /** The same for {@link BuffersUnderWay#idInOrder}, modulo the queue size. */
    private int addedPlace;

    private int usedPlace;

    /** The head that is held back, and how many descriptors there are from it on. */
    private long heldAt;

    private long heldWord;
    private int heldDescriptors;

    /** In order, the device may use a batch with one descriptor, for its last buffer: how many are left to take. */
    private int batchLeft;

    private int elementId;
    private int elementLength;
    private int usedLength;

    /** The Driver Event Suppression as we wrote it last. */
    private int driverEvent;

    PackedDriverVirtqueue(int index, int size, VirtqueueFormat format, DriverMemory parts) {
        super(index, size);
        this.size = size;
        this.format = format;
        this.eventIndex = format.eventIndex();
        this.inOrder = format.inOrder();
        this.parts = parts;
        this.memory = parts.region;
        this.ring = parts.ring;
        this.driverEventAt = ring + PackedLayout.driverEventSuppressionOffset(size);
        this.deviceEventAt = ring + PackedLayout.deviceEventSuppressionOffset(size);
        this.underWay = new BuffersUnderWay(size);
        this.freeIds = new int[size];
        reset();
    }

    @Override
    public void reset() {
        memory.fill(parts.ring, parts.ringSize, (byte) 0);
        underWay.clear();
        for (int i = 0; i < size; i++) {
            freeIds[i] = size - 1 - i;
        }
        freeIdCount = size;
        freeCount = size;
        availablePosition = RingIndex.FIRST_POSITION;
        publishedPosition = RingIndex.FIRST_POSITION;
        usedPosition = RingIndex.FIRST_POSITION;
        added = 0;
        published = 0;
        taken = 0;
        addedPlace = 0;
        usedPlace = 0;
        heldDescriptors = 0;
        batchLeft = 0;
        usedLength = 0;
        driverEvent = 0;
    }

    @Override
    public long descriptorArea() {
        return parts.address(ring);
    }

    @Override
    public long driverArea() {
        return parts.address(driverEventAt);
    }

    @Override
    public long deviceArea() {
        return parts.address(deviceEventAt);
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
        int id = begin(token, chain.writableLength(), chain.readableCount() > 0, needed);
        if (indirect) {
            long table = parts.table(id);
            writeTable(table, chain);
            writeHead(parts.address(table), count * PackedLayout.DESCRIPTOR_SIZE, id, INDIRECT);
            availablePosition = RingIndex.advancePosition(availablePosition, 1, size);
        } else {
            writeChain(chain, id);
        }
        heldDescriptors += needed;
        return true;
    }

    private void writeTable(long table, BufferChain chain) {
        for (int part = 0; part < chain.count(); part++) {
            long at = table + PackedLayout.descriptor(part);
            int flags = part < chain.readableCount() ? 0 : WRITE;
            memory.putLong(at + PackedLayout.DESCRIPTOR_ADDR, chain.addresses[part]);
            memory.putLong(at + PackedLayout.DESCRIPTOR_LEN, word(chain.lengths[part], 0, flags));
        }
    }

    private void writeChain(BufferChain chain, int id) {
        int last = chain.count() - 1;
        int position = RingIndex.advancePosition(availablePosition, 1, size);
        for (int part = 1; part <= last; part++) {
            long at = descriptorAt(position);
            int flags = (part < chain.readableCount() ? 0 : WRITE) | (part < last ? NEXT : 0);
            memory.putLong(at + PackedLayout.DESCRIPTOR_ADDR, chain.addresses[part]);
            memory.putLong(
                    at + PackedLayout.DESCRIPTOR_LEN, word(chain.lengths[part], id, flags | availableFlags(position)));
            position = RingIndex.advancePosition(position, 1, size);
        }
        writeHead(chain.addresses[0], chain.lengths[0], id, NEXT | (chain.readableCount() > 0 ? 0 : WRITE));
        availablePosition = position;
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
        int id = begin(token, flags == WRITE ? length : 0, flags != WRITE, 1);
        writeHead(address, length, id, flags);
        availablePosition = RingIndex.advancePosition(availablePosition, 1, size);
        heldDescriptors++;
        return true;
    }

    /** Takes an id for a buffer. There is one: a buffer takes at least one descriptor, of which there are as many. */
    private int begin(int token, long room, boolean readable, int needed) {
        int id = freeIds[freeIdCount - 1];
        underWay.put(id, token, room, readable, needed, added);
        if (inOrder) {
            underWay.putInOrder(addedPlace, id);
            addedPlace = following(addedPlace);
        }
        freeIdCount--;
        freeCount -= needed;
        added++;
        return id;
    }

    /** Writes the first descriptor of a buffer at the next available position, or all but its last word. */
    private void writeHead(long address, int length, int id, int flags) {
        long at = descriptorAt(availablePosition);
        long word = word(length, id, flags | availableFlags(availablePosition));
        memory.putLong(at + PackedLayout.DESCRIPTOR_ADDR, address);
        if (heldDescriptors == 0) {
            heldAt = at + PackedLayout.DESCRIPTOR_LEN;
            heldWord = word;
        } else {
            memory.putLong(at + PackedLayout.DESCRIPTOR_LEN, word);
        }
    }

    private long descriptorAt(int position) {
        return ring + PackedLayout.descriptor(RingIndex.offset(position));
    }

    private static int availableFlags(int position) {
        return PackedLayout.availableFlags(RingIndex.wrapCounter(position));
    }

    private static long word(int length, int id, int flags) {
        return (length & 0xffffffffL) | (long) id << 32 | (long) flags << 48;
    }

    @Override
    public boolean publish() {
        int count = heldDescriptors;
        if (count == 0) {
            return false;
        }
        heldDescriptors = 0;
        published = added;
        publishedPosition = availablePosition;
        // Pairs with the device's acquire of this word: all descriptors of the batch are visible before it.
        memory.putLongRelease(heldAt, heldWord);
        // The device writes its wish, fences, and looks at the descriptor: one of us sees the other.
        MemoryRegion.fullFence();
        return EventSuppression.isDue(memory.getIntOpaque(deviceEventAt), eventIndex, availablePosition, count, size);
    }

    @Override
    public int notificationData() {
        return NotificationData.packed(index(), format.notificationData() ? publishedPosition : 0);
    }

    @Override
    public int poll() {
        if (batchLeft == 0 && !nextUsed()) {
            return NONE;
        }
        int id = elementId;
        if (inOrder) {
            id = underWay.idInOrder(usedPlace);
            usedPlace = following(usedPlace);
            // Of the buffers that were skipped the device has used all (VIRTIO 1.4, "In-order use of descriptors").
            usedLength = --batchLeft == 0 ? underWay.usedLength(id, elementLength) : underWay.room(id);
        } else {
            usedLength = underWay.usedLength(id, elementLength);
        }
        int count = underWay.descriptors(id);
        usedPosition = RingIndex.advancePosition(usedPosition, count, size);
        taken++;
        freeCount += count;
        freeIds[freeIdCount++] = id;
        return underWay.take(id);
    }

    /** Reads the word of the next used descriptor, once, and checks it; false if it is not used yet. */
    private boolean nextUsed() {
        // Pairs with the device's release of this word: what it wrote into the buffer is visible after it.
        long word = memory.getLongAcquire(descriptorAt(usedPosition) + PackedLayout.DESCRIPTOR_LEN);
        if (!isUsed(word)) {
            return false;
        }
        elementId = (int) (word >>> 32) & 0xffff;
        elementLength = (int) word;
        if (inOrder) {
            int available = (int) (published - taken);
            batchLeft = underWay.distance(elementId, taken, available);
        } else {
            underWay.checkAvailable(elementId, published);
        }
        return true;
    }

    private boolean isUsed(long word) {
        return PackedLayout.isUsed((int) (word >>> 48), RingIndex.wrapCounter(usedPosition));
    }

    private int following(int place) {
        return place + 1 == size ? 0 : place + 1;
    }

    @Override
    public int usedLength() {
        return usedLength;
    }

    @Override
    public void disableUsedNotifications() {
        if (driverEvent != EventSuppression.DISABLE) {
            driverEvent = EventSuppression.DISABLE;
            memory.putIntOpaque(driverEventAt, driverEvent);
        }
    }

    @Override
    public boolean enableUsedNotifications() {
        if (batchLeft != 0) {
            return false;
        }
        int event = EventSuppression.enable(eventIndex, usedPosition);
        if (driverEvent != event) {
            driverEvent = event;
            memory.putIntOpaque(driverEventAt, event);
        }
        // The device writes its descriptor, fences, and looks at our wish: one of us sees the other.
        MemoryRegion.fullFence();
        return !isUsed(memory.getLongOpaque(descriptorAt(usedPosition) + PackedLayout.DESCRIPTOR_LEN));
    }
}
