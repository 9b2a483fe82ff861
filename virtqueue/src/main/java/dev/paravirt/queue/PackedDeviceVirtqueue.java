// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.ring.PackedLayout;
import dev.paravirt.spec.ring.QueueSize;
import dev.paravirt.spec.ring.RingIndex;
import org.jspecify.annotations.Nullable;

/**
 * The device side of a packed virtqueue (VIRTIO 1.4, "Packed Virtqueues").
 *
 * <p>The used descriptors of a batch are held back until {@link #publish}, and written together then, the first of them last: the
 * driver stops there, whatever lies behind. Each four lie in a cache line that the driver wrote last; written one by one, each line
 * would be waited for in turn, and all other writes with it.
 */
final class PackedDeviceVirtqueue extends DeviceVirtqueue {
    private final GuestMemory memory;
    private final int size;
    private final boolean indirectAllowed;
    private final boolean eventIndex;
    private final MemoryRegion region;
    private final long ring;
    private final MemoryRegion driverEventRegion;
    private final long driverEventAt;
    private final MemoryRegion deviceEventRegion;
    private final long deviceEventAt;
    private final ChainPool pool;
    private final @Nullable InOrder inOrder;

    private @Nullable PackedInflight inflight;
    private int availablePosition;
    private int usedPosition;

    /** Descriptors that were taken and not given back. */
    private int descriptorsOut;

    /** Used descriptors since the last publish: where they go, and their words. */
    private final long[] heldAt;

    private final long[] heldWords;
    private int held;

    /** Descriptors given back since the last publish. */
    private int heldDescriptors;

    /** Where the last used descriptor goes. */
    private int elementPosition;

    /**
     * In order, one used descriptor for the last buffer of a batch stands for all of it (VIRTIO 1.4, "In-order use of
     * descriptors"): whether the next may take the place of the last. Only so for buffers that were just read: each that
     * may be written has a length, which drivers look for in its own place.
     */
    private boolean batchGoesOn;

    /** The Device Event Suppression as we wrote it last; no value of it at first. */
    private int deviceEvent = -1;

    private boolean broken;

    PackedDeviceVirtqueue(
            GuestMemory memory,
            int size,
            VirtqueueFormat format,
            long descriptorArea,
            long driverArea,
            long deviceArea) {
        super(size);
        if (!QueueSize.isValidPacked(size)) {
            throw new IllegalArgumentException("no size for a packed queue: " + size);
        }
        this.memory = memory;
        this.size = size;
        this.indirectAllowed = format.indirect();
        this.eventIndex = format.eventIndex();
        Area descriptors = Area.find(
                memory,
                "descriptor ring",
                descriptorArea,
                PackedLayout.descriptorRingSize(size),
                PackedLayout.DESCRIPTOR_RING_ALIGNMENT);
        Area driver = Area.find(
                memory,
                "driver event suppression",
                driverArea,
                PackedLayout.EVENT_SUPPRESSION_SIZE,
                PackedLayout.EVENT_SUPPRESSION_ALIGNMENT);
        Area device = Area.find(
                memory,
                "device event suppression",
                deviceArea,
                PackedLayout.EVENT_SUPPRESSION_SIZE,
                PackedLayout.EVENT_SUPPRESSION_ALIGNMENT);
        this.region = descriptors.region();
        this.ring = descriptors.offset();
        this.driverEventRegion = driver.region();
        this.driverEventAt = driver.offset();
        this.deviceEventRegion = device.region();
        this.deviceEventAt = device.offset();
        this.heldAt = new long[size];
        this.heldWords = new long[size];
        this.pool = new ChainPool(size);
        this.inOrder = format.inOrder() ? new InOrder(size) : null;
        this.availablePosition = RingIndex.FIRST_POSITION;
        this.usedPosition = RingIndex.FIRST_POSITION;
    }

    @Override
    void startAt(int position, @Nullable InflightRegion notes) {
        if (RingIndex.offset(position) >= size) {
            throw new VirtqueueException("no position in a queue of " + size + ": " + RingIndex.offset(position));
        }
        availablePosition = position & 0xffff;
        // Whoever stopped had used all that it had taken.
        usedPosition = availablePosition;
        if (notes != null) {
            inflight = new PackedInflight(notes, size);
            int count = inflight.recover(availablePosition, this::isStillAvailable);
            if (count != Inflight.NONE) {
                // Whoever died cannot have said where it stood.
                usedPosition = inflight.usedPosition();
                availablePosition = RingIndex.advancePosition(usedPosition, count, size);
                descriptorsOut = count;
                takeUsedBack(count);
            }
        }
    }

    /**
     * Of a batch that a predecessor did not live to publish, all but the first descriptor may be marked as used: the driver
     * must not come across these when others are published.
     */
    private void takeUsedBack(int count) {
        int position = usedPosition;
        for (int i = 0; i < count; i++) {
            long at = descriptorAt(position) + PackedLayout.DESCRIPTOR_LEN;
            long word = region.getLongOpaque(at);
            boolean wrap = RingIndex.wrapCounter(position);
            if (PackedLayout.isUsed((int) (word >>> 48), wrap)) {
                region.putLongRelease(at, word << 16 >>> 16 | (long) PackedLayout.availableFlags(wrap) << 48);
                logWord(region, at);
            }
            position = RingIndex.advancePosition(position, 1, size);
        }
    }

    private boolean isStillAvailable(int position) {
        long word = region.getLongAcquire(descriptorAt(position) + PackedLayout.DESCRIPTOR_LEN);
        return PackedLayout.isAvailable((int) (word >>> 48), RingIndex.wrapCounter(position));
    }

    @Override
    void takeBack(DescriptorChain chain) {
        descriptorsOut -= chain.descriptors;
        int back = RingIndex.advancePosition(availablePosition, size - chain.descriptors, size);
        // Forward by all but these, and then by all, which changes nothing but the wrap counter.
        availablePosition = RingIndex.advancePosition(back, size, size);
        if (inflight != null) {
            inflight.takenBack(chain.inflightEntry);
        }
        pool.giveBack(chain);
    }

    @Override
    int position() {
        return availablePosition | usedPosition << 16;
    }

    @Override
    public @Nullable DescriptorChain poll() {
        if (hasResubmissions()) {
            return pollAgain();
        }
        // Pairs with the driver's release of this word: the descriptors of the batch are visible after it.
        long word = region.getLongAcquire(descriptorAt(availablePosition) + PackedLayout.DESCRIPTOR_LEN);
        if (!isAvailable(word)) {
            return null;
        }
        if (broken) {
            throw new VirtqueueException("the queue was found malformed before");
        }
        try {
            DescriptorChain chain = pool.take();
            try {
                readChain(chain, word);
            } catch (VirtqueueException malformed) {
                pool.giveBack(chain);
                throw malformed;
            }
            if (inflight != null) {
                chain.inflightEntry = inflight.endPoll();
            }
            if (inOrder != null) {
                inOrder.polled(chain);
            }
            descriptorsOut += chain.descriptors;
            availablePosition = RingIndex.advancePosition(availablePosition, chain.descriptors, size);
            countPoll(chain);
            return chain;
        } catch (VirtqueueException malformed) {
            broken = true;
            throw malformed;
        }
    }

    @Override
    public boolean hasResubmissions() {
        return inflight != null && inflight.hasResubmissions();
    }

    /** Its descriptors in the ring may be overwritten. */
    @Override
    @Nullable
    DescriptorChain pollAgain() {
        PackedInflight notes = inflight;
        if (notes == null || !notes.hasResubmissions()) {
            return null;
        }
        DescriptorChain chain = pool.take();
        try {
            int entry = notes.nextResubmission();
            chain.inflightEntry = entry;
            chain.descriptors = notes.descriptors(entry);
            for (int count = 1; count <= chain.descriptors; count++) {
                long word = notes.word(entry);
                appendDescriptor(chain, notes.address(entry), word, count);
                chain.id = (int) (word >>> 32) & 0xffff;
                entry = notes.next(entry);
            }
        } catch (VirtqueueException malformed) {
            pool.giveBack(chain);
            broken = true;
            throw malformed;
        }
        if (inOrder != null) {
            inOrder.polled(chain);
        }
        outOfTurn(chain);
        return chain;
    }

    private boolean isAvailable(long word) {
        return free() > 0 && PackedLayout.isAvailable((int) (word >>> 48), RingIndex.wrapCounter(availablePosition));
    }

    /** Descriptors that may be available: the driver does not know yet that it could use those again that are held back. */
    private int free() {
        return size - descriptorsOut - heldDescriptors;
    }

    private long descriptorAt(int position) {
        return ring + PackedLayout.descriptor(RingIndex.offset(position));
    }

    /** Follows a list from its first descriptor. Each is read once, in two words, and checked before it is used. */
    private void readChain(DescriptorChain chain, long firstWord) {
        int position = availablePosition;
        long word = firstWord;
        int count = 0;
        if (inflight != null) {
            inflight.beginPoll();
        }
        while (true) {
            if (++count > free()) {
                throw new VirtqueueException("a list that is longer than what is free of the queue of " + size);
            }
            long address = region.getLong(descriptorAt(position) + PackedLayout.DESCRIPTOR_ADDR);
            appendDescriptor(chain, address, word, count);
            if (inflight != null) {
                inflight.add(address, word);
            }
            if (((int) (word >>> 48) & PackedLayout.DESC_F_NEXT) == 0) {
                // The id of a list is that of its last descriptor; any number, the driver alone uses it.
                chain.id = (int) (word >>> 32) & 0xffff;
                chain.descriptors = count;
                return;
            }
            position = RingIndex.advancePosition(position, 1, size);
            word = region.getLong(descriptorAt(position) + PackedLayout.DESCRIPTOR_LEN);
        }
    }

    /** @param count how many descriptors of the list there are up to this one */
    private void appendDescriptor(DescriptorChain chain, long address, long word, int count) {
        long length = word & 0xffffffffL;
        int flags = (int) (word >>> 48);
        if ((flags & PackedLayout.DESC_F_INDIRECT) != 0) {
            readTable(chain, address, length, (flags & PackedLayout.DESC_F_NEXT) != 0 || count > 1);
        } else {
            chain.append(memory, address, length, (flags & PackedLayout.DESC_F_WRITE) != 0);
        }
    }

    /** In a table of this format the WRITE flag alone means something (VIRTIO 1.4, "Indirect Flag"). */
    private void readTable(DescriptorChain chain, long address, long length, boolean linked) {
        if (!indirectAllowed) {
            throw new VirtqueueException("an indirect descriptor, which was not negotiated");
        }
        if (linked) {
            throw new VirtqueueException("an indirect descriptor with NEXT, or behind one");
        }
        long entries = length / PackedLayout.DESCRIPTOR_SIZE;
        if (length == 0 || length % PackedLayout.DESCRIPTOR_SIZE != 0 || entries > size) {
            throw new VirtqueueException("an indirect table of " + length + " bytes for a queue of " + size);
        }
        MemoryRegion table = Area.regionOfTable(memory, address, length);
        long base = address - table.address();
        for (int entry = 0; entry < entries; entry++) {
            long at = base + PackedLayout.descriptor(entry);
            long partAddress = table.getLong(at + PackedLayout.DESCRIPTOR_ADDR);
            long word = table.getLong(at + PackedLayout.DESCRIPTOR_LEN);
            boolean writable = ((int) (word >>> 48) & PackedLayout.DESC_F_WRITE) != 0;
            chain.append(memory, partAddress, word & 0xffffffffL, writable);
        }
    }

    @Override
    public void push(DescriptorChain chain, long written) {
        pool.check(chain, written);
        if (log != null) {
            logWritten(log, chain, written);
        }
        // What the ring can say is 32 bits wide.
        chain.written = (int) Math.min(written, 0xffffffffL);
        if (inOrder == null) {
            use(chain);
            return;
        }
        if (inOrder.isNext(chain)) {
            use(chain);
        } else {
            inOrder.pushed(chain);
        }
        for (DescriptorChain first = inOrder.next(); first != null; first = inOrder.next()) {
            use(first);
        }
    }

    private void use(DescriptorChain chain) {
        if (inflight != null) {
            inflight.addToBatch(chain.inflightEntry);
        }
        if (!batchGoesOn) {
            elementPosition = usedPosition;
            held++;
        }
        int flags = PackedLayout.usedFlags(RingIndex.wrapCounter(elementPosition))
                | (chain.written != 0 ? PackedLayout.DESC_F_WRITE : 0);
        long word = (chain.written & 0xffffffffL) | (long) chain.id << 32 | (long) flags << 48;
        heldAt[held - 1] = descriptorAt(elementPosition) + PackedLayout.DESCRIPTOR_LEN;
        heldWords[held - 1] = word;
        batchGoesOn = inOrder != null && chain.writableLength() == 0;
        heldDescriptors += chain.descriptors;
        descriptorsOut -= chain.descriptors;
        usedPosition = RingIndex.advancePosition(usedPosition, chain.descriptors, size);
        pool.giveBack(chain);
    }

    @Override
    public boolean publish() {
        int count = heldDescriptors;
        if (count == 0) {
            return false;
        }
        heldDescriptors = 0;
        batchGoesOn = false;
        if (inflight != null) {
            inflight.beforePublish(usedPosition);
        }
        for (int last = held - 1; last > 0; last--) {
            region.putLong(heldAt[last], heldWords[last]);
            logWord(region, heldAt[last]);
        }
        held = 0;
        // Pairs with the driver's acquire of this word: used descriptors and written buffers are visible before it.
        region.putLongRelease(heldAt[0], heldWords[0]);
        logWord(region, heldAt[0]);
        if (inflight != null) {
            inflight.afterPublish(usedPosition);
        }
        // The driver writes its wish, fences, and looks at the descriptor: one of us sees the other.
        MemoryRegion.fullFence();
        return EventSuppression.isDue(
                driverEventRegion.getIntOpaque(driverEventAt), eventIndex, usedPosition, count, size);
    }

    @Override
    public void disableAvailableNotifications() {
        writeEvent(EventSuppression.DISABLE);
    }

    @Override
    public boolean enableAvailableNotifications() {
        if (hasResubmissions()) {
            return false;
        }
        writeEvent(EventSuppression.enable(eventIndex, availablePosition));
        // The driver writes its descriptor, fences, and looks at our wish: one of us sees the other.
        MemoryRegion.fullFence();
        return !isAvailable(region.getLongOpaque(descriptorAt(availablePosition) + PackedLayout.DESCRIPTOR_LEN));
    }

    private void writeEvent(int event) {
        if (deviceEvent != event) {
            deviceEvent = event;
            deviceEventRegion.putIntOpaque(deviceEventAt, event);
            logWord(deviceEventRegion, deviceEventAt);
        }
    }

    /** Aligned to at least 4 bytes: within one page. */
    private void logWord(MemoryRegion written, long offset) {
        if (log != null) {
            log.mark(written.address() + offset, Integer.BYTES);
        }
    }

    @Override
    public int outstanding() {
        return pool.outstanding();
    }
}
