// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import static dev.paravirt.spec.legacy.Ata.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.blk.BlockImage;
import dev.paravirt.backend.blk.FailingImage;
import dev.paravirt.backend.blk.MemoryImage;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The registers and commands of ATA disks against ATA/ATAPI-6. */
class AtaChannelTest {
    private static final int SECTORS = 2100;
    private static final int LBA = DEVICE_LBA;

    private final Pin pin = new Pin();
    private final FailingImage image = new FailingImage(new MemoryImage(SECTORS * 512L));
    private final AtaHost host = host(image, null);

    private AtaHost host(BlockImage device0, @Nullable BlockImage device1) {
        return new AtaHost(new AtaChannel("ata", device0, device1, pin), pin);
    }

    private static byte[] random(int sectors) {
        byte[] bytes = new byte[sectors * SECTOR];
        new Random(sectors).nextBytes(bytes);
        return bytes;
    }

    private static int word(byte[] identity, int index) {
        return identity[2 * index] & 0xff | (identity[2 * index + 1] & 0xff) << 8;
    }

    private byte[] identify() {
        host.command(0, 0, 0, IDENTIFY_DEVICE);
        return host.takeBlock(1);
    }

    @Test
    void signatureAfterPowerOn() {
        assertSignature();
        assertThat(host.in(STATUS)).isEqualTo(AtaHost.READY);
    }

    private void assertSignature() {
        int[] expected = {DIAGNOSTIC_PASSED, 1, 1, 0, 0, 0};
        for (int register = ERROR; register <= DEVICE; register++) {
            assertThat(host.in(register))
                    .as(host.channel.registerName(register, false))
                    .isEqualTo(expected[register - 1]);
        }
    }

    @Test
    void identityOfADisk() {
        byte[] identity = identify();
        assertThat(host.in(STATUS)).isEqualTo(AtaHost.READY);
        assertThat(host.pin.asserted).as("no interrupt behind the last block").isFalse();
        assertThat(word(identity, 0) & 0x8000).isZero();
        assertThat(word(identity, ID_CYLINDERS)).isEqualTo(SECTORS / (16 * 63));
        assertThat(word(identity, ID_HEADS)).isEqualTo(16);
        assertThat(word(identity, ID_SECTORS)).isEqualTo(63);
        assertThat(word(identity, ID_CAPABILITIES) & CAPABILITY_LBA).isNotZero();
        assertThat(word(identity, ID_LBA28_SECTORS)).isEqualTo(SECTORS);
        assertThat(word(identity, ID_LBA48_SECTORS)).isEqualTo(SECTORS);
        assertThat(word(identity, ID_COMMANDS_83) & 0xc000).isEqualTo(0x4000);
        assertThat(word(identity, ID_MULTIPLE)).isZero();
        int sum = 0;
        for (byte each : identity) {
            sum += each;
        }
        assertThat(identity[510]).isEqualTo((byte) 0xa5);
        assertThat(sum & 0xff).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0x20, 0x30", "0x21, 0x31", "0x24, 0x34", "0xc4, 0xc5", "0x29, 0x39"})
    void everyReadCommandReadsWhatEveryWriteCommandWrote(int read, int write) {
        host.command(0, 4, 0, SET_MULTIPLE_MODE);
        host.expectSuccess();
        boolean ext = read == READ_SECTORS_EXT || read == READ_MULTIPLE_EXT;
        int block = read == READ_MULTIPLE || read == READ_MULTIPLE_EXT ? 4 : 1;
        byte[] data = random(10); // with a block of four: 4, 4 and 2
        if (ext) {
            host.commandExt(10, 33, write);
        } else {
            host.command(LBA, 10, 33, write);
        }
        assertThat(pin.asserted).as("no interrupt in front of the first block").isFalse();
        for (int at = 0; at < 10; at += block) {
            assertThat(host.in(ALTERNATE_STATUS)).isEqualTo(AtaHost.READY | STATUS_DRQ);
            host.in(STATUS);
            host.giveBlock(Arrays.copyOfRange(data, at * SECTOR, Math.min(10, at + block) * SECTOR));
            assertThat(pin.asserted).as("interrupt behind the block").isTrue();
        }
        host.expectSuccess();
        if (ext) {
            host.commandExt(10, 33, read);
        } else {
            host.command(LBA, 10, 33, read);
        }
        for (int at = 0; at < 10; at += block) {
            int sectors = Math.min(block, 10 - at);
            assertThat(host.takeBlock(sectors))
                    .isEqualTo(Arrays.copyOfRange(data, at * SECTOR, (at + sectors) * SECTOR));
        }
        assertThat(host.in(STATUS)).isEqualTo(AtaHost.READY);
    }

    @Test
    void countZeroIsTheMost() {
        host.command(LBA, 0, 0, READ_SECTORS);
        for (int i = 0; i < MAX_COUNT; i++) {
            host.takeBlock(1);
        }
        assertThat(host.in(STATUS)).isEqualTo(AtaHost.READY);
        host.commandExt(0, 0, READ_VERIFY_EXT);
        host.expectFailure(ERROR_IDNF); // 65536 sectors, which this disk does not have
    }

    @Test
    void cylindersHeadsAndSectors() {
        byte[] data = random(1);
        // Cylinder 1, head 2, sector 3 of 16 heads and 63 sectors.
        host.command(2, 1, 3 | 1 << 8, WRITE_SECTORS);
        host.giveBlock(data);
        host.expectSuccess();
        host.command(LBA, 1, (16 + 2) * 63 + 2, READ_SECTORS);
        assertThat(host.takeBlock(1)).isEqualTo(data);
        // The same sector with 4 heads and 10 sectors a track: 1136 = (28 * 4 + 1) * 10 + 6.
        host.command(3, 10, 0, INITIALIZE_DEVICE_PARAMETERS);
        host.expectSuccess();
        host.command(1, 1, 7 | 28 << 8, READ_SECTORS);
        assertThat(host.takeBlock(1)).isEqualTo(data);
        assertThat(word(identify(), 55)).isEqualTo(4);
        assertThat(word(identify(), 56)).isEqualTo(10);
        host.command(0, 1, 0, READ_SECTORS); // sectors count from 1
        host.expectFailure(ERROR_IDNF);
        host.command(4, 1, 1, READ_SECTORS);
        host.expectFailure(ERROR_IDNF);
        host.command(0, 0, 0, INITIALIZE_DEVICE_PARAMETERS);
        host.expectFailure(ERROR_ABRT);
    }

    @ParameterizedTest
    @ValueSource(ints = {READ_SECTORS, WRITE_SECTORS, READ_VERIFY, READ_MULTIPLE})
    void sectorsBehindTheEndAreNotFound(int command) {
        host.command(0, 16, 0, SET_MULTIPLE_MODE);
        host.expectSuccess();
        host.command(LBA, 8, SECTORS - 4, command);
        host.expectFailure(ERROR_IDNF);
        assertThat(host.in(LBA_LOW) | host.in(LBA_MID) << 8 | host.in(LBA_HIGH) << 16)
                .isEqualTo(SECTORS);
    }

    @Test
    void unreadableSectorsAreNamed() {
        image.badSector = 40;
        host.command(LBA, 4, 38, READ_SECTORS);
        host.takeBlock(1);
        host.takeBlock(1);
        host.expectFailure(ERROR_UNC);
        assertThat(host.in(LBA_LOW)).isEqualTo(40);
        assertThat(host.in(SECTOR_COUNT)).as("sectors that are left").isEqualTo(2);
        host.command(LBA, 1, 40, READ_VERIFY);
        host.expectFailure(ERROR_UNC);
        host.command(LBA, 2, 39, WRITE_SECTORS);
        host.giveBlock(random(1));
        host.in(STATUS);
        host.giveBlock(random(1));
        assertThat(host.in(ALTERNATE_STATUS) & STATUS_DF).isEqualTo(STATUS_DF);
        host.expectFailure(ERROR_ABRT);
        host.command(LBA, 0, 0, FLUSH_CACHE);
        assertThat(host.in(ALTERNATE_STATUS) & STATUS_DF).isEqualTo(STATUS_DF);
        host.expectFailure(ERROR_ABRT);
        image.badSector = -1;
        host.command(LBA, 0, 0, FLUSH_CACHE_EXT);
        host.expectSuccess();
    }

    @ParameterizedTest
    @CsvSource({"1, true", "2, true", "16, true", "0, true", "3, false", "32, false", "255, false"})
    void setMultipleMode(int sectors, boolean possible) {
        host.command(0, sectors, 0, SET_MULTIPLE_MODE);
        if (!possible) {
            host.expectFailure(ERROR_ABRT);
            return;
        }
        host.expectSuccess();
        assertThat(word(identify(), ID_MULTIPLE)).isEqualTo(sectors == 0 ? 0 : MULTIPLE_VALID | sectors);
        if (sectors == 0) {
            host.command(LBA, 1, 0, READ_MULTIPLE);
            host.expectFailure(ERROR_ABRT);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x08, 0x10, 0xa0, 0xa1, 0xb0, 0xc8, 0xca, 0x25, 0x35, 0xff})
    void whatItDoesNotHaveIsAborted(int command) {
        host.command(LBA, 1, 0, command);
        host.expectFailure(ERROR_ABRT);
    }

    @ParameterizedTest
    @CsvSource({
        "0x02, 0, true",
        "0x82, 0, true",
        "0x55, 0, true",
        "0xaa, 0, true",
        "0x66, 0, true",
        "0xcc, 0, true",
        "0x03, 0x00, true",
        "0x03, 0x0c, true",
        "0x03, 0x0d, false",
        "0x03, 0x42, false",
        "0x05, 0, false",
    })
    void setFeatures(int feature, int count, boolean possible) {
        host.out(FEATURES, feature);
        host.command(0, count, 0, SET_FEATURES);
        if (possible) {
            host.expectSuccess();
        } else {
            host.expectFailure(ERROR_ABRT);
        }
        int word = word(identify(), ID_ENABLED_85);
        assertThat((word & COMMANDS_WRITE_CACHE) == 0).isEqualTo(feature == 0x82);
    }

    @Test
    void powerModes() {
        host.command(0, 0, 0, CHECK_POWER_MODE);
        host.expectSuccess();
        assertThat(host.in(SECTOR_COUNT)).isEqualTo(0xff);
        host.command(0, 0, 0, STANDBY_IMMEDIATE);
        host.expectSuccess();
        host.command(0, 0, 0, CHECK_POWER_MODE);
        host.expectSuccess();
        assertThat(host.in(SECTOR_COUNT)).isZero();
        host.command(0, 0, 0, SLEEP);
        host.expectSuccess();
        host.command(0, 0, 0, IDENTIFY_DEVICE);
        assertThat(host.in(STATUS) & STATUS_DRQ).as("asleep until it is reset").isZero();
        reset();
        identify();
    }

    private void reset() {
        host.out(DEVICE_CONTROL, CONTROL_SRST);
        assertThat(host.in(ALTERNATE_STATUS)).isEqualTo(STATUS_BSY);
        host.out(DEVICE_CONTROL, 0);
        assertThat(host.in(ALTERNATE_STATUS)).isEqualTo(AtaHost.READY);
    }

    @Test
    void softwareResetEndsWhatIsUnderWay() {
        host.command(0, 8, 0, SET_MULTIPLE_MODE);
        host.expectSuccess();
        host.command(LBA, 4, 7, READ_SECTORS);
        host.channel.read(DATA, 2);
        reset();
        assertSignature();
        assertThat(pin.asserted).isFalse();
        assertThat(host.channel.read(DATA, 2)).isZero();
        assertThat(word(identify(), ID_MULTIPLE))
                .as("back to what it was at power-on")
                .isZero();
        host.out(FEATURES, FEATURE_KEEP_SETTINGS);
        host.command(0, 0, 0, SET_FEATURES);
        host.command(0, 8, 0, SET_MULTIPLE_MODE);
        reset();
        assertThat(word(identify(), ID_MULTIPLE)).isEqualTo(MULTIPLE_VALID | 8);
    }

    @Test
    void registersWhileInResetAreDeaf() {
        host.out(DEVICE_CONTROL, CONTROL_SRST);
        host.out(SECTOR_COUNT, 7);
        host.out(COMMAND, IDENTIFY_DEVICE);
        assertThat(host.in(STATUS)).isEqualTo(STATUS_BSY);
        host.out(DEVICE_CONTROL, 0);
        assertSignature();
    }

    @Test
    void nIenKeepsTheInterruptBack() {
        host.out(DEVICE_CONTROL, CONTROL_NIEN);
        host.command(0, 0, 0, IDENTIFY_DEVICE);
        assertThat(pin.asserted).isFalse();
        host.out(DEVICE_CONTROL, 0);
        assertThat(pin.asserted).as("it was pending").isTrue();
        host.in(ALTERNATE_STATUS);
        assertThat(pin.asserted).isTrue();
        host.in(STATUS);
        assertThat(pin.asserted).isFalse();
    }

    @Test
    void hobShowsWhatWasBefore() {
        for (int register = SECTOR_COUNT; register <= LBA_HIGH; register++) {
            host.out(register, 0x10 + register);
            host.out(register, 0x20 + register);
        }
        for (int register = SECTOR_COUNT; register <= LBA_HIGH; register++) {
            host.out(DEVICE_CONTROL, CONTROL_HOB);
            assertThat(host.in(register)).isEqualTo(0x10 + register);
            host.out(FEATURES, 0); // any write to the command block clears it
            assertThat(host.in(register)).isEqualTo(0x20 + register);
        }
    }

    @Test
    void anAbsentDevice1AnswersWithStatusZero() {
        host.out(DEVICE, DEVICE_DEV);
        assertThat(host.in(STATUS)).isZero();
        assertThat(host.in(ALTERNATE_STATUS)).isZero();
        host.out(COMMAND, IDENTIFY_DEVICE);
        assertThat(host.in(STATUS)).isZero();
        assertThat(pin.asserted).isFalse();
        host.out(SECTOR_COUNT, 0x5a);
        assertThat(host.in(SECTOR_COUNT)).as("device 0 answers for it").isEqualTo(0x5a);
    }

    @Test
    void twoDevicesHaveTheirOwnStateAndTheSelectedOneTheLine() {
        AtaHost two = host(image, new MemoryImage(100 * 512L));
        two.command(0, 0, 0, IDENTIFY_DEVICE);
        assertThat(pin.asserted).isTrue();
        two.out(DEVICE, DEVICE_DEV);
        assertThat(pin.asserted).isFalse();
        assertThat(two.in(STATUS)).isEqualTo(AtaHost.READY);
        two.out(COMMAND, IDENTIFY_DEVICE);
        assertThat(word(two.takeBlock(1), ID_LBA28_SECTORS)).isEqualTo(100);
        two.out(DEVICE, 0);
        assertThat(word(two.takeBlock(1), ID_LBA28_SECTORS)).isEqualTo(SECTORS);
        two.out(DEVICE, DEVICE_DEV);
        two.out(COMMAND, EXECUTE_DEVICE_DIAGNOSTIC);
        assertThat(two.in(DEVICE)).as("device 0 is selected").isZero();
        assertThat(two.in(ERROR)).isEqualTo(DIAGNOSTIC_PASSED);
        two.expectSuccess();
    }

    @Test
    void wideAndStringAccessesMoveTheSameData() {
        byte[] data = random(2);
        host.command(LBA, 2, 5, WRITE_SECTORS);
        for (int i = 0; i < data.length; i += 4) {
            int value = 0;
            for (int b = 3; b >= 0; b--) {
                value = value << 8 | data[i + b] & 0xff;
            }
            host.channel.write(DATA, 4, value);
        }
        host.expectSuccess();
        try (java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofConfined()) {
            var memory = arena.allocate(data.length + 8);
            host.command(LBA, 2, 5, READ_SECTORS);
            // One string over both blocks and beyond: the disk does not mind; what is no data reads as 0.
            host.channel.readString(DATA, 2, data.length / 2 + 2, memory, 1);
            byte[] read = memory.asSlice(1, data.length + 4).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
            assertThat(Arrays.copyOf(read, data.length)).isEqualTo(data);
            assertThat(Arrays.copyOfRange(read, data.length, data.length + 4)).containsOnly(0);
            host.command(LBA, 2, 9, WRITE_SECTORS);
            host.channel.writeString(DATA, 4, data.length / 4 + 1, memory, 1);
        }
        host.command(LBA, 2, 9, READ_SECTORS);
        assertThat(host.takeBlock(1)).isEqualTo(Arrays.copyOf(data, SECTOR));
        assertThat(host.takeBlock(1)).isEqualTo(Arrays.copyOfRange(data, SECTOR, 2 * SECTOR));
    }

    @Test
    void diskWithoutCylindersToSpeakOf() {
        AtaHost tiny = host(new MemoryImage(512), null);
        tiny.command(0, 1, 1, READ_SECTORS);
        tiny.takeBlock(1);
        tiny.command(0, 1, 2, READ_SECTORS);
        tiny.expectFailure(ERROR_IDNF);
    }
}
