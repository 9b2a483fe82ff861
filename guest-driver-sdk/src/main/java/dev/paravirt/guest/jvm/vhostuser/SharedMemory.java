// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.jvm.vhostuser;

import dev.paravirt.linux.FileDescriptor;
import dev.paravirt.linux.Memfd;
import dev.paravirt.memory.GuestMemory;
import dev.paravirt.memory.MemoryRegion;
import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.vhostuser.Message;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** The memory of rings and buffers, which the back-end maps too: one region, sealed against a change of its size. */
final class SharedMemory implements AutoCloseable {
    /** Above what any front-end's firmware or device would use, and not 0, which reads as "not set". */
    private static final long ADDRESS = 1L << 32;

    private final Arena arena = Arena.ofShared();
    private final Memfd memfd;
    private final MemoryRegion region;

    SharedMemory(long size) throws IOException {
        memfd = Memfd.create("paravirt-vhost-user", size);
        try {
            MemorySegment segment = memfd.map(0, size, arena);
            region = new MemoryRegion(ADDRESS, segment);
        } catch (IOException | RuntimeException failure) {
            close();
            throw failure;
        }
    }

    GuestMemory guestMemory() {
        return new GuestMemory(region);
    }

    /** Reads a le16 that the back-end may be writing, 0 to 65535. */
    int le16(long address) {
        return Short.toUnsignedInt(region.getShortAcquire(address - ADDRESS));
    }

    FileDescriptor descriptor() {
        return memfd.descriptor();
    }

    /** The payload of SET_MEM_TABLE. User addresses are guest addresses here: they need only be unambiguous. */
    ByteBuffer table() {
        int at = Payload.REGIONS;
        return Message.payload(Payload.REGIONS + Payload.REGION_SIZE)
                .putInt(Payload.REGION_COUNT, 1)
                .putLong(at + Payload.REGION_GUEST_ADDRESS, ADDRESS)
                .putLong(at + Payload.REGION_LENGTH, region.size())
                .putLong(at + Payload.REGION_USER_ADDRESS, ADDRESS)
                .putLong(at + Payload.REGION_MMAP_OFFSET, 0);
    }

    @Override
    public void close() {
        memfd.close();
        Memfd.unmap(arena);
    }
}
