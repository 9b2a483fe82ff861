// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Walks through a directory once. The volume label, "." and ".." are passed over. */
final class DirectoryCursor {
    private final Directory directory;
    private final LongName longName = new LongName();
    private int index;

    DirectoryCursor(Directory directory) {
        this.directory = directory;
    }

    /** The next entry, or null at the end. */
    @Nullable
    DirectoryEntry next() throws IOException {
        DirectorySlots slots = directory.slots();
        while (slots.exists(index)) {
            Bytes slot = slots.read(index);
            int first = slot.u8(0);
            if (first == SlotFormat.NEVER_USED) {
                break;
            }
            int attributes = slot.u8(SlotFormat.ATTRIBUTES);
            boolean label = (attributes & DirectoryEntry.VOLUME_LABEL) != 0;
            if (first != SlotFormat.FREE && (attributes & 0x3F) == LongName.ATTRIBUTES) {
                longName.add(slot);
            } else if (first == SlotFormat.FREE || first == '.' || label) {
                longName.clear();
            } else {
                return entry(slot, index++);
            }
            index++;
        }
        return null;
    }

    private DirectoryEntry entry(Bytes slot, int at) throws IOException {
        ShortName shortName = ShortName.read(slot.array(), 0);
        String name = longName.take(shortName);
        int longSlots = name == null ? 0 : longName.parts();
        longName.clear();
        boolean isDirectory = (slot.u8(SlotFormat.ATTRIBUTES) & DirectoryEntry.DIRECTORY) != 0;
        return new DirectoryEntry(
                name == null ? shortName.display(SlotFormat.caseFlags(slot)) : name,
                shortName,
                slot.u8(SlotFormat.ATTRIBUTES),
                SlotFormat.cluster(slot),
                isDirectory ? 0 : SlotFormat.size(slot),
                SlotFormat.created(slot),
                SlotFormat.modified(slot),
                directory.firstCluster(),
                at - longSlots,
                longSlots + 1,
                directory.slots().offset(at));
    }
}
