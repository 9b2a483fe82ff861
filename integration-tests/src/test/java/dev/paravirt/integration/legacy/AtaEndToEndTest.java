// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.legacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.legacy.PcBoard;
import dev.paravirt.backend.transport.trap.Board;
import dev.paravirt.backend.transport.trap.ExitCount;
import dev.paravirt.guest.legacy.AtaDriver;
import dev.paravirt.guest.legacy.AtaOptions;
import dev.paravirt.guest.legacy.PortTransfer;
import dev.paravirt.guest.platform.DeviceException;
import dev.paravirt.integration.legacy.TrappedGuest.Carrier;
import dev.paravirt.spec.legacy.Ata;
import dev.paravirt.spec.legacy.PcPorts;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The SDK's ATA driver on the trapped machine's ATA channel, over every carrier of exits. */
class AtaEndToEndTest {
    private static final int SECTORS = 2048;
    private static final int MOST_SECTORS = 300;

    private static Board twoDisks() {
        return new PcBoard().disk(new MemoryImage(SECTORS * 512L)).secondDisk(new MemoryImage(512L));
    }

    static Stream<Arguments> everyWay() {
        return Stream.of(Carrier.values())
                .flatMap(carrier -> Stream.of(PortTransfer.values())
                        .flatMap(transfer -> Stream.of(
                                Arguments.of(carrier, transfer, PcPorts.ATA_LINE, 16),
                                Arguments.of(carrier, transfer, AtaOptions.POLL, 1))));
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void whatIsWrittenIsRead(Carrier carrier, PortTransfer transfer, int line, int multiple) throws Exception {
        AtaOptions options =
                AtaOptions.DEFAULT.withTransfer(transfer).withLine(line).withMultiple(multiple);
        try (TrappedGuest guest = carrier.start(twoDisks())) {
            AtaDriver driver = AtaDriver.start(guest.gate(), guest.platform(), options);
            assertThat(driver.capacity()).isEqualTo(SECTORS);
            assertThat(driver.serial()).isEqualTo("ata-0");
            assertThat(driver.multiple()).isEqualTo(multiple);
            exchange(driver, new Random(7), transfer == PortTransfer.STRING ? 60 : 3);
            assertThat(driver.resets()).isZero();
            assertThat(driver.interrupts() > 0).isEqualTo(line != AtaOptions.POLL);
        }
    }

    /** Random pieces at every alignment of memory, against a copy of the disk. */
    private static void exchange(AtaDriver driver, Random random, int rounds) throws DeviceException {
        byte[] disk = new byte[SECTORS * Ata.SECTOR];
        byte[] memory = new byte[MOST_SECTORS * Ata.SECTOR + 16];
        for (int round = 0; round < rounds; round++) {
            int count = round == 0 ? MOST_SECTORS : 1 + random.nextInt(round % 3 == 0 ? MOST_SECTORS : 20);
            int sector = random.nextInt(SECTORS - count + 1);
            int start = random.nextInt(16);
            int length = count * Ata.SECTOR;
            if (random.nextBoolean()) {
                random.nextBytes(memory);
                driver.write(sector, memory, start, length);
                System.arraycopy(memory, start, disk, sector * Ata.SECTOR, length);
            }
            Arrays.fill(memory, (byte) 0x5a);
            driver.read(sector, memory, start, length);
            assertThat(Arrays.mismatch(
                            memory, start, start + length, disk, sector * Ata.SECTOR, sector * Ata.SECTOR + length))
                    .as("round " + round + ": " + count + " sectors at " + sector)
                    .isEqualTo(-1);
            assertThat(memory[start + length]).isEqualTo((byte) 0x5a);
        }
        driver.flush();
    }

    @ParameterizedTest
    @EnumSource(Carrier.class)
    void countsWhatAReadCosts(Carrier carrier) throws Exception {
        assertThat(exitsOfOneRead(carrier, PortTransfer.WORD)).isEqualTo(2048 + 7);
        assertThat(exitsOfOneRead(carrier, PortTransfer.DOUBLE_WORD)).isEqualTo(1024 + 7);
        assertThat(exitsOfOneRead(carrier, PortTransfer.STRING)).isEqualTo(1 + 7);
    }

    /** 4 KiB in one block: device, count, three of the address and command, one look at the status, and the data. */
    private static long exitsOfOneRead(Carrier carrier, PortTransfer transfer) throws Exception {
        try (TrappedGuest guest = carrier.start(twoDisks())) {
            AtaDriver driver =
                    AtaDriver.start(guest.gate(), guest.platform(), AtaOptions.DEFAULT.withTransfer(transfer));
            long before = guest.bus().exits();
            driver.read(1, new byte[4096], 0, 4096);
            long exits = guest.bus().exits() - before;
            assertThat(guest.bus().counts())
                    .filteredOn(count -> count.register().equals("Command"))
                    .singleElement()
                    .extracting(ExitCount::exits, ExitCount::write, ExitCount::string)
                    .containsExactly(4L, true, false); // IDENTIFY, SET MULTIPLE MODE, SET FEATURES, READ MULTIPLE
            return exits;
        }
    }

    @Test
    void reachesSectorsBehind28Bits() throws Exception {
        long sectors = 1L << 29;
        Board large = new PcBoard().disk(new MemoryImage(sectors * Ata.SECTOR));
        try (TrappedGuest guest = Carrier.THREAD.start(large)) {
            AtaDriver driver = AtaDriver.start(guest.gate(), guest.platform(), AtaOptions.DEFAULT);
            assertThat(driver.capacity()).isEqualTo(sectors);
            byte[] written = new byte[MOST_SECTORS * Ata.SECTOR];
            byte[] read = new byte[written.length];
            for (long at : new long[] {0, Ata.LBA28_SECTORS - 7, Ata.LBA28_SECTORS, sectors - MOST_SECTORS}) {
                new Random(at).nextBytes(written);
                driver.write(at, written, 0, written.length);
                driver.read(at, read, 0, read.length);
                assertThat(read).as("at sector " + at).isEqualTo(written);
            }
        }
    }

    @Test
    void theSecondDiskIsAnother() throws Exception {
        try (TrappedGuest guest = Carrier.THREAD.start(twoDisks())) {
            AtaDriver first = AtaDriver.start(guest.gate(), guest.platform(), AtaOptions.DEFAULT);
            AtaDriver second = AtaDriver.start(guest.gate(), guest.platform(), AtaOptions.DEFAULT.withDrive(1));
            assertThat(second.capacity()).isEqualTo(1);
            assertThat(second.serial()).isEqualTo("ata-1");
            byte[] ones = new byte[512];
            Arrays.fill(ones, (byte) 1);
            second.write(0, ones, 0, 512);
            byte[] read = new byte[512];
            // Each driver's resets reach the other's disk, which goes on as it was set up.
            first.read(0, read, 0, 512);
            assertThat(read).containsOnly(0);
            first.recover();
            second.read(0, read, 0, 512);
            assertThat(read).containsOnly(1);
            second.recover();
            first.read(0, read, 0, 512);
            assertThat(read).containsOnly(0);
            assertThat(first.multiple()).isGreaterThan(1);
        }
    }

    @Test
    void aDiskThatIsNotThereIsNotFound() throws Exception {
        Board oneDisk = new PcBoard().disk(new MemoryImage(512L * SECTORS));
        try (TrappedGuest guest = Carrier.THREAD.start(oneDisk)) {
            assertThatThrownBy(() -> AtaDriver.start(guest.gate(), guest.platform(), AtaOptions.DEFAULT.withDrive(1)))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining("no ATA disk 1");
        }
        try (TrappedGuest guest = Carrier.THREAD.start((bus, memory) -> {})) {
            assertThatThrownBy(() -> AtaDriver.start(guest.gate(), guest.platform(), AtaOptions.DEFAULT))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining("no ATA disk 0");
        }
    }
}
