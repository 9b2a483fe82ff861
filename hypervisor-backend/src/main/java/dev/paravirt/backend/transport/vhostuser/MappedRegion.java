// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.LinuxException;
import dev.paravirt.linux.Memfd;
import dev.paravirt.memory.MemoryRegion;
import java.lang.foreign.Arena;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A piece of a front-end's memory, mapped until it is closed. What the front-end says of it is checked, not believed. */
final class MappedRegion implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MappedRegion.class);

    /** What a front-end says of a region: addresses, bytes, and where it starts in its file; any numbers. */
    record Description(long guestAddress, long size, long userAddress, long fileOffset) {
        private boolean isSane() {
            return guestAddress >= 0
                    && size > 0
                    && guestAddress <= Long.MAX_VALUE - size
                    && fileOffset >= 0
                    && fileOffset <= Long.MAX_VALUE - size
                    && Long.compareUnsigned(userAddress, userAddress + size) < 0;
        }

        /** Whether both mean the same region; where it starts in its file does not matter. */
        boolean isSame(Description other) {
            return guestAddress == other.guestAddress && size == other.size && userAddress == other.userAddress;
        }

        @Override
        public String toString() {
            return Long.toUnsignedString(size) + " bytes at guest address 0x" + Long.toHexString(guestAddress)
                    + ", user address 0x" + Long.toHexString(userAddress) + ", file offset 0x"
                    + Long.toHexString(fileOffset);
        }
    }

    private final Description description;
    private final Arena arena;
    private final MemoryRegion memory;

    private MappedRegion(Description description, Arena arena, MemoryRegion memory) {
        this.description = description;
        this.arena = arena;
        this.memory = memory;
    }

    /**
     * Maps a region.
     *
     * @param file is closed, whatever happens: a mapping outlives it
     * @throws RefusedException if there is no such region, or it cannot be mapped
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena is closed with the region
    static MappedRegion map(Description description, FileDescriptor file) throws RefusedException {
        try (file) {
            if (!description.isSane()) {
                throw new RefusedException("no memory region: " + description);
            }
            Arena arena = Arena.ofShared();
            try {
                Memfd memory = Memfd.adopt(file, description.fileOffset() + description.size(), false);
                MemoryRegion region = new MemoryRegion(
                        description.guestAddress(), memory.map(description.fileOffset(), description.size(), arena));
                return new MappedRegion(description, arena, region);
            } catch (LinuxException | RuntimeException failure) {
                arena.close();
                throw new RefusedException("a memory region cannot be mapped, " + description, failure);
            }
        }
    }

    Description description() {
        return description;
    }

    MemoryRegion memory() {
        return memory;
    }

    /** Whether a user address, any number, lies in it. */
    boolean hasUserAddress(long address) {
        return Long.compareUnsigned(address - description.userAddress(), description.size()) < 0;
    }

    /** The guest-physical address that a user address in this region stands for. */
    long toGuest(long userAddress) {
        return description.guestAddress() + (userAddress - description.userAddress());
    }

    /** Unmaps. All users have stopped by now; a system call that still runs on this memory is waited for. */
    @Override
    public void close() {
        if (!Memfd.unmap(arena)) {
            LOG.error("memory of a front-end stays mapped: a system call on it does not end");
        }
    }
}
