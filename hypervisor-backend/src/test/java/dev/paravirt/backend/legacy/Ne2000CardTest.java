// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.legacy;

import static dev.paravirt.spec.legacy.Ne2000.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The NE2000's registers against the DP8390D's data sheet, and its memory. */
class Ne2000CardTest {
    private static final byte[] MAC = {0x02, 0x10, 0x20, 0x30, 0x40, 0x50};
    private static final int START = 0x46;
    private static final int STOP = 0x80;

    private final Pin pin = new Pin();
    private final List<byte[]> wire = new ArrayList<>();
    private final Ne2000Card card = new Ne2000Card("ne2000", MAC, new Wire(), pin);

    private final class Wire implements NetBackend {
        @Override
        public void attach(NetPort port) {}

        @Override
        public boolean send(ByteBuf frame) {
            wire.add(ByteBufUtil.getBytes(frame));
            return frame.release();
        }

        @Override
        public void close() {
            wire.clear();
        }
    }

    private int in(int register) {
        return card.read(register, 1);
    }

    private void out(int register, int value) {
        card.write(register, 1, value);
    }

    private void startDma(int command, int address, int length) {
        out(P0W_RBCR0, length & 0xff);
        out(P0W_RBCR1, length >> 8);
        out(P0W_RSAR0, address & 0xff);
        out(P0W_RSAR1, address >> 8);
        out(CR, command | CR_STA);
    }

    private byte[] readMemory(int address, int length) {
        startDma(CR_REMOTE_READ, address, length);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i += 2) {
            int word = card.read(DATA, 2);
            bytes[i] = (byte) word;
            if (i + 1 < length) {
                bytes[i + 1] = (byte) (word >> 8);
            }
        }
        assertThat(in(P0_ISR) & ISR_RDC).isEqualTo(ISR_RDC);
        out(P0_ISR, ISR_RDC);
        return bytes;
    }

    private void writeMemory(int address, byte[] bytes) {
        startDma(CR_REMOTE_WRITE, address, bytes.length);
        for (int i = 0; i < bytes.length; i += 2) {
            card.write(DATA, 2, bytes[i] & 0xff | (bytes[i + 1] & 0xff) << 8);
        }
        assertThat(in(P0_ISR) & ISR_RDC).isEqualTo(ISR_RDC);
        out(P0_ISR, ISR_RDC);
    }

    private boolean deliver(byte[] frame) {
        return card.receive(Unpooled.copiedBuffer(frame));
    }

    /** The data sheet's initialization, in word mode. */
    @BeforeEach
    void start() {
        out(CR, CR_STP | CR_NO_DMA);
        out(P0W_DCR, DCR_WTS | DCR_LS | 0x40);
        out(P0W_RCR, RCR_AB);
        out(P0W_TCR, 0);
        out(P0W_PSTART, START);
        out(P0W_PSTOP, STOP);
        out(P0_BNRY, STOP - 1);
        out(P0_ISR, 0xff);
        out(P0W_IMR, 0);
        out(CR, CR_PAGE_1 | CR_STP | CR_NO_DMA);
        for (int i = 0; i < MAC.length; i++) {
            out(P1_PAR0 + i, MAC[i] & 0xff);
        }
        out(P1_CURR, START);
        out(CR, CR_STA | CR_NO_DMA);
    }

    private static byte[] frame(byte[] destination, int length) {
        byte[] frame = new byte[length];
        new Random(length).nextBytes(frame);
        System.arraycopy(destination, 0, frame, 0, 6);
        return frame;
    }

    @Test
    void resetIsReadFromItsPort() {
        in(RESET);
        assertThat(in(CR)).isEqualTo(CR_STP | CR_NO_DMA);
        assertThat(in(P0_ISR)).isEqualTo(ISR_RST);
        out(P0_ISR, 0xff);
        assertThat(in(P0_ISR)).as("RST is a status and cannot be written").isEqualTo(ISR_RST);
        out(CR, CR_STA | CR_NO_DMA);
        assertThat(in(P0_ISR)).isZero();
    }

    @Test
    void pages() {
        assertThat(in(P0_BNRY)).isEqualTo(STOP - 1);
        out(CR, CR_PAGE_1 | CR_STA | CR_NO_DMA);
        for (int i = 0; i < MAC.length; i++) {
            assertThat(in(P1_PAR0 + i)).isEqualTo(MAC[i] & 0xff);
        }
        assertThat(in(P1_CURR)).isEqualTo(START);
        out(P1_MAR0 + 7, 0x81);
        assertThat(in(P1_MAR0 + 7)).isEqualTo(0x81);
        out(CR, CR_PAGE_2 | CR_STA | CR_NO_DMA);
        assertThat(in(P2_PSTART)).isEqualTo(START);
        assertThat(in(P2_PSTOP)).isEqualTo(STOP);
        assertThat(in(P2_RCR) & 0x3f).isEqualTo(RCR_AB);
        assertThat(in(P2_DCR) & 0x7f).isEqualTo(DCR_WTS | DCR_LS | 0x40);
        out(P2_PSTART, 1);
        assertThat(in(P2_PSTART)).as("page 2 is not for writing").isEqualTo(START);
    }

    @Test
    void promHasEachByteTwice() {
        byte[] prom = readMemory(0, PROM);
        for (int i = 0; i < PROM; i += 2) {
            assertThat(prom[i]).isEqualTo(prom[i + 1]);
        }
        for (int i = 0; i < MAC.length; i++) {
            assertThat(prom[2 * i]).isEqualTo(MAC[i]);
        }
        assertThat(prom[28]).isEqualTo((byte) PROM_MARK);
        assertThat(prom[30]).isEqualTo((byte) PROM_MARK);
    }

    @ParameterizedTest
    @CsvSource({"0x4000, 6", "0x4000, 256", "0x7f00, 256", "0x5123, 300", "0x4002, 1514"})
    void memoryHoldsWhatIsWritten(int address, int length) {
        byte[] data = frame(MAC, length);
        int even = address & ~1;
        writeMemory(even, data);
        assertThat(readMemory(even, length)).isEqualTo(data);
        assertThat(card.read(DATA, 2)).as("nothing more comes").isEqualTo(0xffff);
    }

    @Test
    void byteTransfersAndWideOnesMoveTheSame() {
        byte[] data = frame(MAC, 8);
        out(P0W_DCR, DCR_LS);
        startDma(CR_REMOTE_WRITE, 0x4100, 8);
        for (byte each : data) {
            out(DATA, each & 0xff);
        }
        startDma(CR_REMOTE_READ, 0x4100, 8);
        assertThat(card.read(DATA, 2)).isEqualTo(data[0] & 0xff | (data[1] & 0xff) << 8);
        assertThat(in(P0R_CRDA0)).isEqualTo(2);
        out(P0W_DCR, DCR_LS | DCR_WTS);
        assertThat(readMemory(0x4100, 8)).isEqualTo(data);
        startDma(CR_REMOTE_READ, 0x4100, 8);
        assertThat(card.read(DATA, 4)).isEqualTo(Unpooled.wrappedBuffer(data).getIntLE(0));
    }

    @Test
    void noBytesAreCompleteAtOnce() {
        startDma(CR_REMOTE_READ, 0, 0);
        assertThat(in(P0_ISR)).isEqualTo(ISR_RDC);
    }

    @Test
    void remoteDmaWrapsAtTheEndOfTheRing() {
        writeMemory(STOP * PAGE - 4, new byte[] {1, 2, 3, 4, 5, 6});
        assertThat(readMemory(START * PAGE, 2)).containsExactly(5, 6);
    }

    private byte[] transmit(byte[] data, int count) {
        writeMemory(0x4000, data);
        out(P0W_TPSR, 0x40);
        out(P0W_TBCR0, count & 0xff);
        out(P0W_TBCR1, count >> 8);
        out(CR, CR_TXP | CR_STA | CR_NO_DMA);
        assertThat(in(CR) & CR_TXP).isZero();
        return wire.isEmpty() ? new byte[0] : wire.removeLast();
    }

    @Test
    void transmits() {
        byte[] frame = frame(MAC, 100);
        assertThat(transmit(frame, 99)).isEqualTo(Arrays.copyOf(frame, 99));
        assertThat(in(P0R_TSR)).isEqualTo(TSR_PTX);
        assertThat(in(P0_ISR)).isEqualTo(ISR_PTX);
        assertThat(card.sent()).isEqualTo(1);
        out(P0_ISR, ISR_PTX);
        assertThat(in(P0_ISR)).isZero();
        assertThat(transmit(frame, 13)).as("a fragment").isEmpty();
        assertThat(transmit(frame, 5000)).as("jabber").isEmpty();
        assertThat(in(P0_ISR)).isEqualTo(ISR_PTX);
    }

    @Test
    void theHostMayMakeTheCheckSequence() {
        out(P0W_TCR, TCR_CRC);
        byte[] frame = frame(MAC, 68);
        CRC32 crc = new CRC32();
        crc.update(frame, 0, 64);
        Unpooled.wrappedBuffer(frame).setIntLE(64, (int) crc.getValue());
        assertThat(transmit(frame, 68)).isEqualTo(Arrays.copyOf(frame, 64));
        frame[64]++;
        assertThat(transmit(frame, 68)).as("with a wrong one").isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"2, 0x53", "4, 0x43", "6, 0x03"})
    void loopbackAsInTheDataSheet(int mode, int status) {
        out(P0W_DCR, DCR_WTS | 0x40);
        out(P0W_TCR, mode);
        assertThat(transmit(frame(MAC, 64), 64)).isEmpty();
        assertThat(in(P0R_TSR)).isEqualTo(status);
        assertThat(in(P0R_RSR)).isEqualTo(RSR_CRC);
        assertThat(in(P0_ISR))
                .as("reception is not told, as nothing reaches memory")
                .isEqualTo(ISR_PTX);
        byte[] frame = frame(MAC, 64);
        CRC32 crc = new CRC32();
        crc.update(frame);
        int value = (int) crc.getValue();
        int[] expected = {frame[63], value, value >> 8, value >> 16, value >> 24, 68, 0, 0};
        for (int each : expected) {
            assertThat(in(P0R_FIFO)).isEqualTo(each & 0xff);
        }
        assertThat(deliver(frame(MAC, 64))).as("the cable is cut off").isFalse();
    }

    @Test
    void receivesIntoTheRing() {
        byte[] frame = frame(MAC, 301);
        out(P0W_IMR, ISR_PRX);
        assertThat(deliver(frame)).isTrue();
        assertThat(pin.asserted).isTrue();
        assertThat(in(P0_ISR)).isEqualTo(ISR_PRX);
        assertThat(in(P0R_RSR)).isEqualTo(RSR_PRX);
        byte[] stored = readMemory(START * PAGE, RING_HEADER + 305);
        // Status, next page, length with the check sequence: 4 + 305 bytes take two pages.
        assertThat(Arrays.copyOf(stored, 4)).containsExactly(RSR_PRX, START + 2, 305 & 0xff, 305 >> 8);
        assertThat(Arrays.copyOfRange(stored, 4, 305)).isEqualTo(frame);
        CRC32 crc = new CRC32();
        crc.update(frame);
        assertThat(Unpooled.wrappedBuffer(stored).getIntLE(305)).isEqualTo((int) crc.getValue());
        out(P0_ISR, ISR_PRX);
        assertThat(pin.asserted).isFalse();
        out(CR, CR_PAGE_1 | CR_STA | CR_NO_DMA);
        assertThat(in(P1_CURR)).isEqualTo(START + 2);
    }

    @Test
    void shortFramesArePadded() {
        assertThat(deliver(frame(MAC, 20))).isTrue();
        byte[] stored = readMemory(START * PAGE, 4 + 64);
        assertThat(stored[2]).isEqualTo((byte) 64);
        assertThat(Arrays.copyOfRange(stored, 24, 64)).containsOnly(0);
    }

    @Test
    void fillsTheRingToTheBoundaryAndSaysSo() {
        out(P0W_IMR, ISR_OVW);
        int pages = STOP - START - 2; // one may not be reached, and one must stay before it
        for (int i = 0; i < pages; i++) {
            assertThat(deliver(frame(MAC, 60))).as("frame " + i).isTrue();
        }
        assertThat(pin.asserted).isFalse();
        assertThat(deliver(frame(MAC, 60))).isFalse();
        assertThat(in(P0_ISR)).isEqualTo(ISR_OVW | ISR_PRX | ISR_RST);
        assertThat(pin.asserted).isTrue();
        assertThat(in(P0R_CNTR2)).isEqualTo(1);
        assertThat(in(P0R_CNTR2)).as("cleared by reading").isZero();
        out(P0_ISR, ISR_OVW);
        out(P0_BNRY, START + 3); // the host takes frames
        assertThat(in(P0_ISR) & ISR_RST).isZero();
        assertThat(deliver(frame(MAC, 60))).isTrue();
    }

    @Test
    void tallyCounterStopsAt192AndAlarmsAt128() {
        out(P0W_RCR, RCR_AB | RCR_MON);
        for (int i = 1; i <= 300; i++) {
            assertThat(deliver(frame(MAC, 60))).isFalse();
            assertThat((in(P0_ISR) & ISR_CNT) != 0).isEqualTo(i >= 128);
        }
        assertThat(in(P0R_RSR) & RSR_DIS).isEqualTo(RSR_DIS);
        assertThat(in(P0R_CNTR2)).isEqualTo(192);
    }

    @ParameterizedTest
    @CsvSource({
        // RCR, all multicast bits, own, other, broadcast, group
        "0x00, false, true, false, false, false",
        "0x04, false, true, false, true, false",
        "0x08, false, true, false, false, false",
        "0x08, true, true, false, true, true",
        "0x10, false, true, true, false, false",
        "0x1c, true, true, true, true, true",
    })
    void filters(int rcr, boolean table, boolean own, boolean other, boolean broadcast, boolean group) {
        out(P0W_RCR, rcr);
        out(CR, CR_PAGE_1 | CR_STA | CR_NO_DMA);
        for (int i = 0; i < 8; i++) {
            out(P1_MAR0 + i, table ? 0xff : 0);
        }
        assertThat(deliver(frame(MAC, 60))).isEqualTo(own);
        assertThat(deliver(frame(new byte[] {2, 1, 1, 1, 1, 1}, 60))).isEqualTo(other);
        assertThat(deliver(frame(new byte[] {-1, -1, -1, -1, -1, -1}, 60))).isEqualTo(broadcast);
        assertThat(deliver(frame(new byte[] {1, 0, 0x5e, 0, 0, 1}, 60))).isEqualTo(group);
    }

    @Test
    void sendPacketReadsTheNextFrameOfTheRing() {
        out(P0_BNRY, START);
        out(CR, CR_PAGE_1 | CR_STA | CR_NO_DMA);
        out(P1_CURR, START);
        out(CR, CR_STA | CR_NO_DMA);
        assertThat(deliver(frame(MAC, 60))).isTrue();
        out(CR, CR_SEND_PACKET | CR_STA);
        byte[] read = new byte[64];
        for (int i = 0; i < read.length; i += 2) {
            int word = card.read(DATA, 2);
            read[i] = (byte) word;
            read[i + 1] = (byte) (word >> 8);
        }
        assertThat(Arrays.copyOfRange(read, 4, 64)).isEqualTo(frame(MAC, 60));
        assertThat(in(P0_BNRY)).as("and frees it").isEqualTo(START + 1);
    }
}
