// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import dev.paravirt.toyos.fat32.FileSystemException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Collects a long name from the slots before its short entry, last part first, and makes those slots. A part that is
 * missing, out of turn, or of another short entry spoils the name, and the short one is used.
 */
final class LongName {
    static final int MOST_CHARACTERS = 255;
    static final int ATTRIBUTES = 0x0F;
    private static final int PART = 13;
    private static final int LAST_PART = 0x40;
    private static final int[] CHARACTER_OFFSETS = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
    private static final String FORBIDDEN = "\"*/:<>?\\|";

    private final char[] characters = new char[20 * PART];
    private int parts;
    private int expected;
    private int checksum;

    void clear() {
        parts = 0;
    }

    /** How many slots of a name in good order were added; 0 if none. */
    int parts() {
        return parts;
    }

    void add(Bytes slot) {
        int order = slot.u8(0);
        int number = order & ~LAST_PART;
        if ((order & LAST_PART) != 0 && number >= 1 && number <= characters.length / PART) {
            parts = number;
            checksum = slot.u8(13);
        } else if (parts == 0 || number != expected || number == 0 || slot.u8(13) != checksum) {
            parts = 0;
            return;
        }
        expected = number - 1;
        for (int i = 0; i < PART; i++) {
            characters[expected * PART + i] = (char) slot.u16(CHARACTER_OFFSETS[i]);
        }
    }

    /** The name, if it is whole and belongs to {@code entry}; else null. */
    @Nullable
    String take(ShortName entry) {
        if (parts == 0 || expected != 0 || checksum != entry.checksum()) {
            return null;
        }
        int length = 0;
        while (length < parts * PART && characters[length] != 0) {
            length++;
        }
        String name = new String(characters, 0, length);
        return problem(name) == null ? name : null;
    }

    /** Slots that a long name takes, without the short entry. */
    static int slots(String name) {
        return (name.length() + PART - 1) / PART;
    }

    /** The slots in the order in which they lie on the disk. */
    static byte[] encode(String name, ShortName entry) {
        int slots = slots(name);
        byte[] encoded = new byte[slots * DirectorySlots.SLOT_SIZE];
        for (int number = slots; number >= 1; number--) {
            Bytes slot = new Bytes(new byte[DirectorySlots.SLOT_SIZE]);
            slot.put8(0, number == slots ? number | LAST_PART : number);
            slot.put8(11, ATTRIBUTES);
            slot.put8(13, entry.checksum());
            for (int i = 0; i < PART; i++) {
                int index = (number - 1) * PART + i;
                int c = index < name.length() ? name.charAt(index) : index == name.length() ? 0 : 0xFFFF;
                slot.put16(CHARACTER_OFFSETS[i], c);
            }
            int place = (slots - number) * DirectorySlots.SLOT_SIZE;
            System.arraycopy(slot.array(), 0, encoded, place, DirectorySlots.SLOT_SIZE);
        }
        return encoded;
    }

    static void check(String name) throws FileSystemException {
        String problem = problem(name);
        if (problem == null && (name.endsWith(".") || name.endsWith(" "))) {
            problem = "ends in a dot or a space";
        }
        if (problem != null) {
            throw new FileSystemException(Reason.INVALID_NAME, "the name \"" + name + "\" " + problem);
        }
    }

    private static @Nullable String problem(String name) {
        if (name.isEmpty()) {
            return "is empty";
        }
        if (name.length() > MOST_CHARACTERS) {
            return "is longer than " + MOST_CHARACTERS + " characters";
        }
        if (name.equals(".") || name.equals("..")) {
            return "is reserved";
        }
        return name.chars().anyMatch(LongName::forbidden) ? "has a control character or one of " + FORBIDDEN : null;
    }

    static boolean forbidden(int c) {
        return c < 0x20 || FORBIDDEN.indexOf(c) >= 0;
    }
}
