// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import dev.paravirt.toyos.fat32.FileSystemException.Reason;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Names in one directory: found without regard to case, kept as they were given. */
final class Directory {
    private final DirectorySlots slots;
    private final int firstCluster;

    Directory(DirectorySlots slots, int firstCluster) {
        this.slots = slots;
        this.firstCluster = firstCluster;
    }

    int firstCluster() {
        return firstCluster;
    }

    DirectorySlots slots() {
        return slots;
    }

    @Nullable
    DirectoryEntry find(String name) throws IOException {
        DirectoryCursor cursor = new DirectoryCursor(this);
        for (DirectoryEntry entry = cursor.next(); entry != null; entry = cursor.next()) {
            if (entry.name().equalsIgnoreCase(name)
                    || entry.shortName().display(0).equalsIgnoreCase(name)) {
                return entry;
            }
        }
        return null;
    }

    boolean isEmpty() throws IOException {
        return new DirectoryCursor(this).next() == null;
    }

    /** Puts a name in that is not there yet; the caller has looked. Returns what it is now. */
    DirectoryEntry add(String name, int attributes, int cluster, long size, long created, long modified)
            throws IOException {
        ShortName exact = ShortName.exactly(name);
        ShortName shortName = exact != null ? exact : ShortNameGenerator.generate(name, shortNames());
        byte[] longSlots = exact != null ? new byte[0] : LongName.encode(name, shortName);
        int needed = longSlots.length / DirectorySlots.SLOT_SIZE + 1;
        int first = reserve(needed);
        int last = first + needed - 1;
        slots.write(last, SlotFormat.create(shortName, attributes, cluster, size, created, modified));
        slots.write(first, longSlots);
        return new DirectoryEntry(
                name,
                shortName,
                attributes,
                cluster,
                size,
                created,
                modified,
                firstCluster,
                first,
                needed,
                slots.offset(last));
    }

    void remove(DirectoryEntry entry) throws IOException {
        for (int i = 0; i < entry.slots(); i++) {
            slots.mark(entry.firstSlot() + i, SlotFormat.FREE);
        }
    }

    /** Makes the ".." of this directory lead to another one. */
    void setParent(int parentCluster) throws IOException {
        Bytes slot = slots.read(1);
        if (slot.u8(0) != '.' || slot.u8(1) != '.') {
            throw FileSystemException.corrupt("the directory at cluster " + firstCluster + " has no \"..\"");
        }
        SlotFormat.update(slot, parentCluster, 0, SlotFormat.modified(slot));
        slots.write(1, slot.array());
    }

    /** Finds {@code needed} free slots in a row; leaves the end mark behind them when they are at the end. */
    private int reserve(int needed) throws IOException {
        int run = 0;
        int index = 0;
        boolean end = false;
        for (; !end && run < needed && slots.exists(index); index++) {
            int first = slots.read(index).u8(0);
            end = first == SlotFormat.NEVER_USED;
            run = end || first == SlotFormat.FREE ? run + 1 : 0;
        }
        int start = index - run;
        if (run == needed && !end) {
            return start;
        }
        if (start + needed > DirectorySlots.MOST_SLOTS) {
            throw new FileSystemException(
                    Reason.NO_SPACE, "the directory holds " + DirectorySlots.MOST_SLOTS + " slots and no more");
        }
        while (slots.capacity() < start + needed) {
            slots.grow();
        }
        if (slots.exists(start + needed)) {
            slots.mark(start + needed, SlotFormat.NEVER_USED);
        }
        return start;
    }

    private Set<ShortName> shortNames() throws IOException {
        Set<ShortName> names = new HashSet<>();
        DirectoryCursor cursor = new DirectoryCursor(this);
        for (DirectoryEntry entry = cursor.next(); entry != null; entry = cursor.next()) {
            names.add(entry.shortName());
        }
        return names;
    }
}
