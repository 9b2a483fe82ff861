// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.blk.MemoryImage;
import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.spec.legacy.Ata;
import dev.paravirt.spec.legacy.Ne2000;
import dev.paravirt.spec.legacy.Uart;
import org.junit.jupiter.api.Test;

/**
 * What the stock drivers of Linux do to find out what a device is (8250, libata's PIO, ne), access by access, with the
 * answers on which they go on.
 */
class LinuxProbeTest {
    private static final int CONF_MODE_B = 0xbf;

    private final Pin pin = new Pin();
    private final SerialPort uart = new SerialPort("serial", new ManualEnd(), pin);

    private int in(int register) {
        return uart.read(register, 1);
    }

    private void out(int register, int value) {
        uart.write(register, 1, value);
    }

    /** autoconfig() of 8250_port.c, with the detours for chips that the UART must not be taken for. */
    @Test
    void serial8250FindsA16550A() {
        int interruptEnable = in(Uart.IER);
        out(Uart.IER, 0);
        assertThat(in(Uart.IER) & Uart.IER_ALL).isZero();
        out(Uart.IER, 0x0f);
        assertThat(in(Uart.IER) & Uart.IER_ALL).isEqualTo(0x0f);
        out(Uart.IER, interruptEnable);
        int modemControl = in(Uart.MCR);
        int lineControl = in(Uart.LCR);
        out(Uart.MCR, Uart.MCR_LOOP | Uart.MCR_OUT2 | Uart.MCR_RTS);
        assertThat(in(Uart.MSR) & 0xf0).as("loopback test").isEqualTo(0x90);
        out(Uart.MCR, modemControl);
        out(Uart.LCR, CONF_MODE_B);
        out(Uart.FCR, 0); // where other chips have EFR
        out(Uart.LCR, 0);
        out(Uart.FCR, Uart.FCR_ENABLE);
        assertThat(in(Uart.IIR) >> 6).as("3 is a 16550A or better").isEqualTo(3);
        out(Uart.LCR, Uart.LCR_DLAB);
        assertThat(in(Uart.IIR)).as("0 would be a 16650").isNotZero();
        out(Uart.LCR, CONF_MODE_B);
        assertThat(in(Uart.IIR)).as("0 would be a 16650V2").isNotZero();
        // A 16750 shows bit 5 once FCR bit 5 was set with DLAB.
        out(Uart.LCR, 0);
        out(Uart.FCR, Uart.FCR_ENABLE | 0x20);
        assertThat(in(Uart.IIR) & 0xe0).isEqualTo(0xc0);
        out(Uart.FCR, Uart.FCR_ENABLE);
        out(Uart.LCR, Uart.LCR_DLAB);
        out(Uart.FCR, Uart.FCR_ENABLE | 0x20);
        assertThat(in(Uart.IIR) & 0xe0).as("0xe0 would be a 16750").isEqualTo(0xc0);
        out(Uart.FCR, Uart.FCR_ENABLE);
        out(Uart.LCR, 0);
        // An XScale holds bit 6 of IER, UUE.
        out(Uart.IER, 0x40);
        assertThat(in(Uart.IER) & 0x40).isZero();
        out(Uart.LCR, lineControl);
    }

    /** serial8250_do_startup(): the transmitter's interrupt must come again when it is enabled again. */
    @Test
    void serial8250StartsUpWithoutWorkarounds() {
        out(Uart.FCR, Uart.FCR_ENABLE);
        out(Uart.FCR, Uart.FCR_ENABLE | Uart.FCR_RESET_RECEIVER | Uart.FCR_RESET_TRANSMITTER);
        out(Uart.FCR, 0);
        in(Uart.LSR);
        in(Uart.RBR);
        in(Uart.IIR);
        in(Uart.MSR);
        assertThat(in(Uart.LSR)).as("0xff would be no port").isNotEqualTo(0xff);
        out(Uart.IER, Uart.IER_ETBEI);
        int first = in(Uart.IIR);
        out(Uart.IER, 0);
        out(Uart.IER, Uart.IER_ETBEI);
        int second = in(Uart.IIR);
        out(Uart.IER, 0);
        assertThat(first & Uart.IIR_NONE).isZero();
        assertThat(second & Uart.IIR_NONE).as("else UART_BUG_THRE").isZero();
        out(Uart.LCR, Uart.LCR_8N1);
        out(Uart.MCR, Uart.MCR_DTR | Uart.MCR_RTS | Uart.MCR_OUT2);
        out(Uart.IER, Uart.IER_ETBEI);
        assertThat(in(Uart.LSR) & Uart.LSR_TEMT).isNotZero();
        assertThat(in(Uart.IIR) & Uart.IIR_NONE).as("else UART_BUG_TXEN").isZero();
        assertThat(pin.edges).isEqualTo(1);
    }

    /** ata_devchk(), ata_bus_softreset() and ata_sff_dev_classify() of libata-sff.c, then IDENTIFY with nIEN set. */
    @Test
    void libataFindsOneDisk() {
        Pin line = new Pin();
        AtaHost host = new AtaHost(new AtaChannel("ata", new MemoryImage(512 * 1000), null, line), line);
        assertThat(isPresent(host, 0)).isTrue();
        isPresent(host, Ata.DEVICE_DEV); // device 0 may answer for it: the reset decides
        host.out(Ata.DEVICE, 0xa0);
        host.out(Ata.DEVICE_CONTROL, 0x08);
        host.out(Ata.DEVICE_CONTROL, 0x08 | Ata.CONTROL_SRST);
        host.out(Ata.DEVICE_CONTROL, 0x08);
        assertThat(host.in(Ata.STATUS) & Ata.STATUS_BSY).isZero();
        host.out(Ata.DEVICE, 0xa0 | Ata.DEVICE_DEV);
        assertThat(host.in(Ata.SECTOR_COUNT)).isEqualTo(1);
        assertThat(host.in(Ata.LBA_LOW)).isEqualTo(1);
        assertThat(host.in(Ata.STATUS)).as("no device 1, and none to wait for").isZero();
        host.out(Ata.DEVICE, 0xa0);
        assertThat(host.in(Ata.ERROR)).as("diagnostic passed").isEqualTo(1);
        assertThat(host.in(Ata.LBA_MID) | host.in(Ata.LBA_HIGH))
                .as("signature of a disk")
                .isZero();
        assertThat(host.in(Ata.STATUS)).isNotZero();
        host.out(Ata.DEVICE_CONTROL, 0x08 | Ata.CONTROL_NIEN);
        host.out(Ata.COMMAND, Ata.IDENTIFY_DEVICE);
        assertThat(host.in(Ata.ALTERNATE_STATUS) & (Ata.STATUS_BSY | Ata.STATUS_DRQ))
                .isEqualTo(Ata.STATUS_DRQ);
        assertThat(host.in(Ata.STATUS) & (Ata.STATUS_BSY | Ata.STATUS_DRQ)).isEqualTo(Ata.STATUS_DRQ);
        for (int i = 0; i < Ata.SECTOR / 4; i++) {
            host.channel.read(Ata.DATA, 4);
        }
        assertThat(host.in(Ata.ALTERNATE_STATUS) & (Ata.STATUS_BSY | Ata.STATUS_DRQ | Ata.STATUS_ERR))
                .isZero();
        assertThat(line.edges).isZero();
        // ata_dev_set_mode(): PIO 4, with flow control.
        host.out(Ata.FEATURES, Ata.FEATURE_TRANSFER_MODE);
        host.out(Ata.SECTOR_COUNT, 0x0c);
        host.out(Ata.COMMAND, Ata.SET_FEATURES);
        assertThat(host.in(Ata.STATUS) & (Ata.STATUS_ERR | Ata.STATUS_DF)).isZero();
    }

    private static boolean isPresent(AtaHost host, int device) {
        host.out(Ata.DEVICE, 0xa0 | device);
        int[] pattern = {0x55, 0xaa, 0xaa, 0x55, 0x55, 0xaa};
        for (int i = 0; i < pattern.length; i += 2) {
            host.out(Ata.SECTOR_COUNT, pattern[i]);
            host.out(Ata.LBA_LOW, pattern[i + 1]);
        }
        return host.in(Ata.SECTOR_COUNT) == 0x55 && host.in(Ata.LBA_LOW) == 0xaa;
    }

    /** ne_probe1() of ne.c: byte transfers, through which each byte of the PROM is there twice. */
    @Test
    void neFindsAnNe2000() {
        byte[] mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
        Pin line = new Pin();
        Ne2000Card card = new Ne2000Card("ne2000", mac, NetBackend.discarding(), line);
        assertThat(card.read(Ne2000.CR, 1)).isNotEqualTo(0xff);
        card.write(Ne2000.CR, 1, Ne2000.CR_NO_DMA | Ne2000.CR_PAGE_1 | Ne2000.CR_STP);
        card.read(0x0d, 1);
        card.write(0x0d, 1, 0xff);
        card.write(Ne2000.CR, 1, Ne2000.CR_NO_DMA);
        card.read(Ne2000.P0R_CNTR0, 1);
        assertThat(card.read(Ne2000.P0R_CNTR0, 1))
                .as("a counter, cleared by reading")
                .isZero();
        card.write(Ne2000.RESET, 1, card.read(Ne2000.RESET, 1));
        assertThat(card.read(Ne2000.P0_ISR, 1) & Ne2000.ISR_RST).isNotZero();
        card.write(Ne2000.P0_ISR, 1, 0xff);
        int[][] program = {
            {Ne2000.CR, Ne2000.CR_NO_DMA | Ne2000.CR_STP},
            {Ne2000.P0W_DCR, 0x48},
            {Ne2000.P0W_RBCR0, 0},
            {Ne2000.P0W_RBCR1, 0},
            {Ne2000.P0W_IMR, 0},
            {Ne2000.P0_ISR, 0xff},
            {Ne2000.P0W_RCR, 0x20},
            {Ne2000.P0W_TCR, 0x02},
            {Ne2000.P0W_RBCR0, 32},
            {Ne2000.P0W_RBCR1, 0},
            {Ne2000.P0W_RSAR0, 0},
            {Ne2000.P0W_RSAR1, 0},
            {Ne2000.CR, Ne2000.CR_REMOTE_READ | Ne2000.CR_STA},
        };
        for (int[] step : program) {
            card.write(step[0], 1, step[1]);
        }
        int[] prom = new int[32];
        for (int i = 0; i < prom.length; i++) {
            prom[i] = card.read(Ne2000.DATA, 1);
        }
        for (int i = 0; i < 16; i++) {
            assertThat(prom[2 * i]).as("a card of 16 bits").isEqualTo(prom[2 * i + 1]);
            assertThat(i >= mac.length || prom[2 * i] == (mac[i] & 0xff)).isTrue();
        }
        assertThat(prom[28]).isEqualTo(Ne2000.PROM_MARK);
        assertThat(prom[30]).isEqualTo(Ne2000.PROM_MARK);
        // Which line is it? A remote read of nothing interrupts at once.
        card.write(Ne2000.P0W_IMR, 1, 0x50);
        card.write(Ne2000.P0W_RBCR0, 1, 0);
        card.write(Ne2000.P0W_RBCR1, 1, 0);
        card.write(Ne2000.CR, 1, Ne2000.CR_REMOTE_READ | Ne2000.CR_STA);
        assertThat(line.asserted).isTrue();
        card.write(Ne2000.P0W_IMR, 1, 0);
        assertThat(line.asserted).isFalse();
    }
}
