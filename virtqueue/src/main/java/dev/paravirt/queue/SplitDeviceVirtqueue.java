// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.queue;

import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.ring.QueueSize;
import dev.paravirt.spec.ring.RingIndex;
import dev.paravirt.spec.ring.SplitLayout;
import org.jspecify.annotations.Nullable;

/** The device side of a split virtqueue (VIRTIO 1.4, "Split Virtqueues"). */
final class SplitDeviceVirtqueue extends DeviceVirtqueue {
    private final GuestMemory memory;
    private final int size;
    private final boolean indirectAllowed;
    private final boolean eventIndex;
    private final MemoryRegion tableRegion;
    private final long table;
    private final MemoryRegion availableRegion;
    private final long available;
    private final long availableIndexAt;
    private final long usedEventAt;
    private final MemoryRegion usedRegion;
    private final long used;
    private final long usedIndexAt;
    private final long availEventAt;
    private final ChainPool pool;
    private final @Nullable InOrder inOrder;

    private @Nullable SplitInflight inflight;
    private int availableIndex;

    /** Index of the Available Ring as last read: up to there chains can be taken without looking again. */
    private int availableIndexSeen;

    private int usedIndex;
    private int publishedIndex;

    /** Where the used element was written last. */
    private long elementAt;

    /**
     * In order, one element for the last buffer of a batch stands for all of it (VIRTIO 1.4, "In-order use of
     * descriptors"): whether the next may take the place of the last. Only so for buffers that were just read: each that
     * may be written has a length, which drivers look for in its own place.
     */
    private boolean batchGoesOn;

    private boolean notificationsSuppressed;
    private boolean broken;

    SplitDeviceVirtqueue(
            GuestMemory memory,
            int size,
            VirtqueueFormat format,
            long descriptorArea,
            long driverArea,
            long deviceArea) {
        super(size);
        if (!QueueSize.isValidSplit(size)) {
            throw new IllegalArgumentException("no size for a split queue: " + size);
        }
        this.memory = memory;
        this.size = size;
        this.indirectAllowed = format.indirect();
        this.eventIndex = format.eventIndex();
        Area descriptors = Area.find(
                memory,
                "descriptor table",
                descriptorArea,
                SplitLayout.descriptorTableSize(size),
                SplitLayout.DESCRIPTOR_TABLE_ALIGNMENT);
        Area driver = Area.find(
                memory,
                "available ring",
                driverArea,
                SplitLayout.availableRingSize(size),
                SplitLayout.AVAILABLE_RING_ALIGNMENT);
        Area device = Area.find(
                memory, "used ring", deviceArea, SplitLayout.usedRingSize(size), SplitLayout.USED_RING_ALIGNMENT);
        this.tableRegion = descriptors.region();
        this.table = descriptors.offset();
        this.availableRegion = driver.region();
        this.available = driver.offset();
        this.availableIndexAt = available + SplitLayout.AVAIL_IDX;
        this.usedEventAt = available + SplitLayout.usedEvent(size);
        this.usedRegion = device.region();
        this.used = device.offset();
        this.usedIndexAt = used + SplitLayout.USED_IDX;
        this.availEventAt = used + SplitLayout.availEvent(size);
        this.pool = new ChainPool(size);
        this.inOrder = format.inOrder() ? new InOrder(size) : null;
    }

    @Override
    void startAt(int position, @Nullable InflightRegion region) {
        availableIndex = position & 0xffff;
        usedIndex = usedRegion.getShortOpaque(usedIndexAt) & 0xffff;
        if (region != null) {
            inflight = new SplitInflight(region, size);
            int count = inflight.recover(usedIndex);
            if (count != Inflight.NONE) {
                // Whoever died cannot have said where it stood.
                availableIndex = RingIndex.advance(usedIndex, count);
            }
        }
        availableIndexSeen = availableIndex;
        publishedIndex = usedIndex;
        // Whoever served it before may have left them suppressed.
        notificationsSuppressed = false;
        usedRegion.putShortOpaque(used + SplitLayout.USED_FLAGS, (short) 0);
        logUsed(used, Short.BYTES);
    }

    @Override
    public void goOnBehindUsed() {
        int seen = availableRegion.getShortAcquire(availableIndexAt) & 0xffff;
        // Else it is no used ring of this driver's.
        if (inflight == null && RingIndex.distance(usedIndex, seen) <= size) {
            availableIndex = usedIndex;
            availableIndexSeen = usedIndex;
        }
    }

    @Override
    void takeBack(DescriptorChain chain) {
        availableIndex = RingIndex.advance(availableIndex, -1);
        if (inflight != null) {
            inflight.takenBack(chain.id);
        }
        pool.giveBack(chain);
    }

    @Override
    int position() {
        return availableIndex;
    }

    @Override
    public @Nullable DescriptorChain poll() {
        if (hasResubmissions()) {
            return pollAgain();
        }
        if (availableIndex == availableIndexSeen && !lookForAvailable()) {
            return null;
        }
        try {
            DescriptorChain chain = pool.take();
            try {
                int slot = RingIndex.slot(availableIndex, size);
                chain.id = availableRegion.getShortOpaque(available + SplitLayout.availableEntry(slot)) & 0xffff;
                readChain(chain, chain.id);
            } catch (VirtqueueException malformed) {
                pool.giveBack(chain);
                throw malformed;
            }
            if (inflight != null) {
                inflight.polled(chain.id);
            }
            if (inOrder != null) {
                inOrder.polled(chain);
            }
            availableIndex = RingIndex.advance(availableIndex, 1);
            countPoll(chain);
            return chain;
        } catch (VirtqueueException malformed) {
            broken = true;
            availableIndexSeen = availableIndex;
            throw malformed;
        }
    }

    @Override
    public boolean hasResubmissions() {
        return inflight != null && inflight.hasResubmissions();
    }

    /** The driver has not touched its descriptors since. */
    @Override
    @Nullable
    DescriptorChain pollAgain() {
        if (inflight == null || !inflight.hasResubmissions()) {
            return null;
        }
        DescriptorChain chain = pool.take();
        try {
            chain.id = inflight.nextResubmission();
            readChain(chain, chain.id);
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

    private boolean lookForAvailable() {
        if (broken) {
            throw new VirtqueueException("the queue was found malformed before");
        }
        // Pairs with the driver's release of the index: entries, descriptors and buffers are visible after it.
        int seen = availableRegion.getShortAcquire(availableIndexAt) & 0xffff;
        int count = RingIndex.distance(availableIndex, seen);
        if (count > size) {
            broken = true;
            throw new VirtqueueException("the driver moved the available index from " + availableIndex + " to " + seen
                    + " in a queue of " + size);
        }
        availableIndexSeen = seen;
        return count != 0;
    }

    /** Follows a chain from its head. Each descriptor is read once, in two words, and checked before it is used. */
    private void readChain(DescriptorChain chain, int head) {
        MemoryRegion region = tableRegion;
        long base = table;
        long limit = size;
        boolean indirect = false;
        int index = head;
        int count = 0;
        while (true) {
            if (index >= limit) {
                throw new VirtqueueException("descriptor " + index + " in a table of " + limit);
            }
            if (++count > size) {
                throw new VirtqueueException("a chain that is longer than the queue of " + size + ", or a loop");
            }
            long at = base + SplitLayout.descriptor(index);
            long address = region.getLong(at + SplitLayout.DESCRIPTOR_ADDR);
            long word = region.getLong(at + SplitLayout.DESCRIPTOR_LEN);
            long length = word & 0xffffffffL;
            int flags = (int) (word >>> 32) & 0xffff;
            if ((flags & SplitLayout.DESC_F_INDIRECT) != 0) {
                checkIndirect(indirect, flags, length);
                region = Area.regionOfTable(memory, address, length);
                base = address - region.address();
                limit = length / SplitLayout.DESCRIPTOR_SIZE;
                indirect = true;
                index = 0;
                count = 0;
                continue;
            }
            chain.append(memory, address, length, (flags & SplitLayout.DESC_F_WRITE) != 0);
            if ((flags & SplitLayout.DESC_F_NEXT) == 0) {
                return;
            }
            index = (int) (word >>> 48);
        }
    }

    private void checkIndirect(boolean alreadyIndirect, int flags, long length) {
        if (!indirectAllowed) {
            throw new VirtqueueException("an indirect descriptor, which was not negotiated");
        }
        if (alreadyIndirect) {
            throw new VirtqueueException("an indirect descriptor in an indirect table");
        }
        if ((flags & SplitLayout.DESC_F_NEXT) != 0) {
            throw new VirtqueueException("an indirect descriptor with NEXT");
        }
        if (length == 0 || length % SplitLayout.DESCRIPTOR_SIZE != 0) {
            throw new VirtqueueException("an indirect table of " + length + " bytes");
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
        if (!batchGoesOn) {
            elementAt = used + SplitLayout.usedElement(RingIndex.slot(usedIndex, size));
        }
        if (inflight != null) {
            inflight.used(chain.id);
        }
        usedRegion.putLong(elementAt, (chain.written & 0xffffffffL) << 32 | chain.id);
        logUsed(elementAt, SplitLayout.USED_ELEMENT_SIZE);
        batchGoesOn = inOrder != null && chain.writableLength() == 0;
        usedIndex = RingIndex.advance(usedIndex, 1);
        pool.giveBack(chain);
    }

    private void logUsed(long offset, int length) {
        if (log != null) {
            log.mark(usedRegion.address() + offset, length);
        }
    }

    @Override
    public boolean publish() {
        int before = publishedIndex;
        if (before == usedIndex) {
            return false;
        }
        publishedIndex = usedIndex;
        batchGoesOn = false;
        if (inflight != null) {
            inflight.beforePublish();
        }
        // Pairs with the driver's acquire of the index: elements and written buffers are visible before it.
        usedRegion.putShortRelease(usedIndexAt, (short) usedIndex);
        logUsed(usedIndexAt, Short.BYTES);
        if (inflight != null) {
            inflight.afterPublish(usedIndex);
        }
        // The driver writes its wish, fences, and looks at the index: one of us sees the other.
        MemoryRegion.fullFence();
        if (eventIndex) {
            return RingIndex.needEvent(availableRegion.getShortOpaque(usedEventAt) & 0xffff, usedIndex, before);
        }
        int flags = availableRegion.getShortOpaque(available + SplitLayout.AVAIL_FLAGS);
        return (flags & SplitLayout.AVAIL_F_NO_INTERRUPT) == 0;
    }

    @Override
    public void disableAvailableNotifications() {
        // With an event index there is nothing to do: the event that was asked for is past.
        if (!eventIndex && !notificationsSuppressed) {
            notificationsSuppressed = true;
            usedRegion.putShortOpaque(used + SplitLayout.USED_FLAGS, (short) SplitLayout.USED_F_NO_NOTIFY);
            logUsed(used, Short.BYTES);
        }
    }

    @Override
    public boolean enableAvailableNotifications() {
        if (availableIndex != availableIndexSeen || hasResubmissions()) {
            return false;
        }
        if (eventIndex) {
            usedRegion.putShortOpaque(availEventAt, (short) availableIndex);
            logUsed(availEventAt, Short.BYTES);
        } else if (notificationsSuppressed) {
            notificationsSuppressed = false;
            usedRegion.putShortOpaque(used + SplitLayout.USED_FLAGS, (short) 0);
            logUsed(used, Short.BYTES);
        }
        // The driver writes its index, fences, and looks at our wish: one of us sees the other.
        MemoryRegion.fullFence();
        return (availableRegion.getShortOpaque(availableIndexAt) & 0xffff) == availableIndex;
    }

    @Override
    public int outstanding() {
        return pool.outstanding();
    }
}
