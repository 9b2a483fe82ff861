// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

/** The fields of the slot that describes a file. */
final class SlotFormat {
    static final int FREE = 0xE5;
    /** This slot and all behind it were never used. */
    static final int NEVER_USED = 0x00;

    static final int ATTRIBUTES = 11;
    private static final int CASE_FLAGS = 12;
    private static final int CREATED_FRACTION = 13;
    private static final int CREATED = 14;
    private static final int ACCESSED_DATE = 18;
    private static final int CLUSTER_HIGH = 20;
    private static final int MODIFIED = 22;
    private static final int CLUSTER_LOW = 26;
    private static final int SIZE = 28;

    private SlotFormat() {}

    static int cluster(Bytes slot) {
        return (slot.u16(CLUSTER_HIGH) << 16 | slot.u16(CLUSTER_LOW)) & 0x0FFF_FFFF;
    }

    static long size(Bytes slot) {
        return slot.u32(SIZE);
    }

    static int caseFlags(Bytes slot) {
        return slot.u8(CASE_FLAGS);
    }

    static long created(Bytes slot) {
        return FatTime.decode(slot.u16(CREATED + 2), slot.u16(CREATED), slot.u8(CREATED_FRACTION));
    }

    static long modified(Bytes slot) {
        return FatTime.decode(slot.u16(MODIFIED + 2), slot.u16(MODIFIED), 0);
    }

    static byte[] create(ShortName name, int attributes, int cluster, long size, long created, long modified) {
        Bytes slot = new Bytes(new byte[DirectorySlots.SLOT_SIZE]);
        System.arraycopy(name.bytes(), 0, slot.array(), 0, ShortName.SIZE);
        slot.put8(ATTRIBUTES, attributes);
        slot.put8(CREATED_FRACTION, FatTime.encodeFraction(created));
        slot.put32(CREATED, FatTime.encode(created));
        update(slot, cluster, size, modified);
        return slot.array();
    }

    static void update(Bytes slot, int cluster, long size, long modified) {
        int time = FatTime.encode(modified);
        slot.put16(CLUSTER_HIGH, cluster >>> 16);
        slot.put16(CLUSTER_LOW, cluster);
        slot.put32(SIZE, (int) size);
        slot.put32(MODIFIED, time);
        slot.put16(ACCESSED_DATE, time >>> 16);
    }
}
