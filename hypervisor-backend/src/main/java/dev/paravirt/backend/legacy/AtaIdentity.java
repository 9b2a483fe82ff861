// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import dev.paravirt.backend.transport.trap.TrappedDevice;
import dev.paravirt.spec.legacy.Ata;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** What a disk answers to IDENTIFY DEVICE (ATA/ATAPI-6, "IDENTIFY DEVICE"). */
final class AtaIdentity {
    private static final int WORDS = 256;
    private static final int SERIAL_WORDS = 10;
    private static final int FIRMWARE_WORDS = 4;
    private static final int MODEL_WORDS = 20;

    private static final int NOT_REMOVABLE = 0x0040;
    /** It is ready without SET FEATURES, and this data is complete. */
    private static final int COMPLETE = 0xc837;

    private static final int IORDY = 0x0c00;
    private static final int VALID_54_AND_64 = 0x0003;
    private static final int PIO_MODE_2 = 0x0200;
    private static final int PIO_MODES_3_AND_4 = 0x0003;
    private static final int CYCLE_NANOS = 120;
    /** ATA-3 to ATA/ATAPI-6. */
    private static final int VERSIONS = 0x0078;

    private static final int POWER_MANAGEMENT = 0x0008;
    private static final int LOOK_AHEAD = 0x0040;
    /** Bit 14 is set and 15 is clear in words that are valid. */
    private static final int VALID = 0x4000;

    private static final int INTEGRITY_SIGNATURE = 0xa5;

    private final int[] words = new int[WORDS];

    /**
     * @param native0 the geometry of the power-on
     * @param current the one that is used
     * @param multiple sectors of a block for READ and WRITE MULTIPLE; 0 if they are off
     */
    AtaIdentity(
            String serial,
            long capacity,
            AtaGeometry native0,
            AtaGeometry current,
            int maxMultiple,
            int multiple,
            boolean writeCache,
            boolean lookAhead) {
        words[0] = NOT_REMOVABLE;
        words[Ata.ID_CYLINDERS] = native0.cylinders();
        words[2] = COMPLETE;
        words[Ata.ID_HEADS] = native0.heads();
        words[Ata.ID_SECTORS] = native0.sectors();
        text(Ata.ID_SERIAL, SERIAL_WORDS, serial);
        text(Ata.ID_FIRMWARE, FIRMWARE_WORDS, "1.0");
        text(Ata.ID_MODEL, MODEL_WORDS, "PARAVIRT TRAPPED DISK");
        words[Ata.ID_MAX_MULTIPLE] = 0x8000 | maxMultiple;
        words[Ata.ID_CAPABILITIES] = IORDY | Ata.CAPABILITY_LBA;
        words[50] = VALID;
        words[51] = PIO_MODE_2;
        words[53] = VALID_54_AND_64;
        words[54] = current.cylinders();
        words[55] = current.heads();
        words[56] = current.sectors();
        number(57, current.capacity(), 2);
        words[Ata.ID_MULTIPLE] = multiple == 0 ? 0 : Ata.MULTIPLE_VALID | multiple;
        number(Ata.ID_LBA28_SECTORS, Math.min(capacity, Ata.LBA28_SECTORS - 1), 2);
        words[64] = PIO_MODES_3_AND_4;
        words[67] = CYCLE_NANOS;
        words[68] = CYCLE_NANOS;
        words[80] = VERSIONS;
        words[82] = POWER_MANAGEMENT | Ata.COMMANDS_WRITE_CACHE | LOOK_AHEAD;
        int commands = Ata.COMMANDS_48_BIT | Ata.COMMANDS_FLUSH | Ata.COMMANDS_FLUSH_EXT;
        words[Ata.ID_COMMANDS_83] = VALID | commands;
        words[84] = VALID;
        words[Ata.ID_ENABLED_85] =
                POWER_MANAGEMENT | (writeCache ? Ata.COMMANDS_WRITE_CACHE : 0) | (lookAhead ? LOOK_AHEAD : 0);
        words[86] = commands;
        words[87] = VALID;
        number(Ata.ID_LBA48_SECTORS, capacity, 4);
    }

    /** Two characters a word, the first one in the high byte, filled up with spaces. */
    private void text(int word, int length, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < length; i++) {
            words[word + i] = character(bytes, 2 * i) << 8 | character(bytes, 2 * i + 1);
        }
    }

    private static int character(byte[] bytes, int index) {
        return index < bytes.length ? bytes[index] & 0x7f : ' ';
    }

    private void number(int word, long value, int length) {
        for (int i = 0; i < length; i++) {
            words[word + i] = (int) (value >> 16 * i) & 0xffff;
        }
    }

    /** Writes 512 bytes, the last of which makes their sum 0. */
    void write(MemorySegment sector) {
        words[WORDS - 1] = INTEGRITY_SIGNATURE;
        int sum = 0;
        for (int word = 0; word < WORDS; word++) {
            sector.set(TrappedDevice.LE16, 2L * word, (short) words[word]);
            sum += (words[word] & 0xff) + (words[word] >> 8);
        }
        sector.set(ValueLayout.JAVA_BYTE, Ata.SECTOR - 1L, (byte) -sum);
    }
}
