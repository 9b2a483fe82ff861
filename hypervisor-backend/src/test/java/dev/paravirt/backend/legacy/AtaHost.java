// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.legacy.Ata;

/** A host that works the registers of an {@link AtaChannel}, as a test says. */
final class AtaHost {
    static final int READY = Ata.STATUS_DRDY | Ata.STATUS_DSC;

    final AtaChannel channel;
    final Pin pin;

    AtaHost(AtaChannel channel, Pin pin) {
        this.channel = channel;
        this.pin = pin;
    }

    int in(int register) {
        return channel.read(register, 1);
    }

    void out(int register, int value) {
        channel.write(register, 1, value);
    }

    void command(int device, int count, long lba, int command) {
        out(Ata.DEVICE, device | (int) (lba >> 24) & Ata.DEVICE_HEAD);
        out(Ata.SECTOR_COUNT, count & 0xff);
        out(Ata.LBA_LOW, (int) lba & 0xff);
        out(Ata.LBA_MID, (int) (lba >> 8) & 0xff);
        out(Ata.LBA_HIGH, (int) (lba >> 16) & 0xff);
        out(Ata.COMMAND, command);
    }

    void commandExt(int count, long lba, int command) {
        out(Ata.DEVICE, Ata.DEVICE_LBA);
        out(Ata.SECTOR_COUNT, count >> 8);
        out(Ata.SECTOR_COUNT, count & 0xff);
        for (int register = Ata.LBA_LOW; register <= Ata.LBA_HIGH; register++) {
            int shift = 8 * (register - Ata.LBA_LOW);
            out(register, (int) (lba >> 24 + shift) & 0xff);
            out(register, (int) (lba >> shift) & 0xff);
        }
        out(Ata.COMMAND, command);
    }

    /** Takes one block, checking the protocol: an interrupt, then the data. */
    byte[] takeBlock(int sectors) {
        assertThat(pin.asserted).as("interrupt in front of the block").isTrue();
        assertThat(in(Ata.STATUS)).isEqualTo(READY | Ata.STATUS_DRQ);
        assertThat(pin.asserted).as("interrupt after reading the status").isFalse();
        byte[] block = new byte[sectors * Ata.SECTOR];
        for (int i = 0; i < block.length; i += 2) {
            int word = channel.read(Ata.DATA, 2);
            block[i] = (byte) word;
            block[i + 1] = (byte) (word >> 8);
        }
        return block;
    }

    void giveBlock(byte[] block) {
        for (int i = 0; i < block.length; i += 2) {
            channel.write(Ata.DATA, 2, block[i] & 0xff | (block[i + 1] & 0xff) << 8);
        }
    }

    void expectFailure(int error) {
        assertThat(in(Ata.ALTERNATE_STATUS) & (Ata.STATUS_ERR | Ata.STATUS_DRQ | Ata.STATUS_BSY))
                .isEqualTo(Ata.STATUS_ERR);
        assertThat(in(Ata.ERROR)).isEqualTo(error);
        assertThat(pin.asserted).isTrue();
        in(Ata.STATUS);
    }

    void expectSuccess() {
        assertThat(pin.asserted).isTrue();
        assertThat(in(Ata.STATUS)).isEqualTo(READY);
    }
}
