// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.transport.vhostuser;

import dev.paravirt.spec.vhostuser.Payload;
import dev.paravirt.vhostuser.Message;
import dev.paravirt.vhostuser.ProtocolException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The requests of a front-end that share memory of its guest, and take it back. */
final class MemoryRequests {
    static final int MAX_SLOTS = 64;

    private final Vrings rings;

    MemoryRequests(Vrings rings) {
        this.rings = rings;
    }

    private static MappedRegion.Description region(Message message, int at) {
        return new MappedRegion.Description(
                message.getLong(at + Payload.REGION_GUEST_ADDRESS),
                message.getLong(at + Payload.REGION_LENGTH),
                message.getLong(at + Payload.REGION_USER_ADDRESS),
                message.getLong(at + Payload.REGION_MMAP_OFFSET));
    }

    /** The payload may have room for more regions than it describes. */
    void setTable(Message message) throws IOException {
        int count = message.getInt(Payload.REGION_COUNT);
        if (count < 0
                || count != message.descriptorCount()
                || message.size() < Payload.REGIONS + count * Payload.REGION_SIZE) {
            throw new ProtocolException("SET_MEM_TABLE of " + Integer.toUnsignedString(count) + " regions in "
                    + message.size() + " bytes, with " + message.descriptorCount() + " descriptors");
        }
        List<MappedRegion> regions = new ArrayList<>();
        FrontEndMemory table;
        try {
            for (int index = 0; index < count; index++) {
                regions.add(MappedRegion.map(
                        region(message, Payload.REGIONS + index * Payload.REGION_SIZE), message.take(index)));
            }
            table = FrontEndMemory.of(regions);
        } catch (RefusedException refused) {
            regions.forEach(MappedRegion::close);
            throw refused;
        }
        FrontEndMemory before = rings.memory();
        try {
            rings.memory(table);
        } finally {
            before.unmap();
        }
    }

    /** QEMU 7.2 adds and removes each region once for every queue pair of a network device: what is done already is no error. */
    void add(Message message) throws RefusedException {
        MappedRegion.Description description = region(message, Payload.REGIONS);
        MappedRegion present = rings.memory().find(description);
        if (present != null && present.description().equals(description)) {
            return;
        }
        if (rings.memory().size() == MAX_SLOTS) {
            throw new RefusedException("more than " + MAX_SLOTS + " memory regions");
        }
        MappedRegion added = MappedRegion.map(description, message.take(0));
        FrontEndMemory more;
        try {
            more = rings.memory().with(added);
        } catch (RefusedException overlap) {
            added.close();
            throw overlap;
        }
        rings.memory(more);
    }

    void remove(Message message) throws RefusedException {
        MappedRegion removed = rings.memory().find(region(message, Payload.REGIONS));
        if (removed == null) {
            return;
        }
        try {
            rings.memory(rings.memory().without(removed));
        } finally {
            removed.close();
        }
    }
}
