// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.legacy;

/**
 * Registers of an NE2000: those of the DP8390D (National Semiconductor, "DP8390D/NS32490D NIC Network Interface
 * Controller"), then the card's data and reset ports. P0R_ is page 0 when read, P0W_ when written, P1_ and P2R_ the
 * other pages.
 */
public final class Ne2000 {
    /** Command, in every page. */
    public static final int CR = 0;

    public static final int P0R_CLDA0 = 1;
    public static final int P0R_CLDA1 = 2;
    public static final int P0_BNRY = 3;
    public static final int P0R_TSR = 4;
    public static final int P0R_NCR = 5;
    public static final int P0R_FIFO = 6;
    public static final int P0_ISR = 7;
    public static final int P0R_CRDA0 = 8;
    public static final int P0R_CRDA1 = 9;
    public static final int P0R_RSR = 12;
    public static final int P0R_CNTR0 = 13;
    public static final int P0R_CNTR1 = 14;
    public static final int P0R_CNTR2 = 15;

    public static final int P0W_PSTART = 1;
    public static final int P0W_PSTOP = 2;
    public static final int P0W_TPSR = 4;
    public static final int P0W_TBCR0 = 5;
    public static final int P0W_TBCR1 = 6;
    public static final int P0W_RSAR0 = 8;
    public static final int P0W_RSAR1 = 9;
    public static final int P0W_RBCR0 = 10;
    public static final int P0W_RBCR1 = 11;
    public static final int P0W_RCR = 12;
    public static final int P0W_TCR = 13;
    public static final int P0W_DCR = 14;
    public static final int P0W_IMR = 15;

    /** The first of six. */
    public static final int P1_PAR0 = 1;

    public static final int P1_CURR = 7;
    /** The first of eight. */
    public static final int P1_MAR0 = 8;

    public static final int P2_PSTART = 1;
    public static final int P2_PSTOP = 2;
    public static final int P2_REMOTE_NEXT = 3;
    public static final int P2_TPSR = 4;
    public static final int P2_LOCAL_NEXT = 5;
    public static final int P2_ADDRESS_HIGH = 6;
    public static final int P2_ADDRESS_LOW = 7;
    public static final int P2_RCR = 12;
    public static final int P2_TCR = 13;
    public static final int P2_DCR = 14;
    public static final int P2_IMR = 15;

    /** Registers of the controller itself. */
    public static final int CORE_REGISTERS = 16;
    /** Where remote DMA moves data; 16 bits wide on an NE2000. */
    public static final int DATA = 0x10;
    /** Reading resets. */
    public static final int RESET = 0x18;
    /** How many ports the card has. */
    public static final int REGISTERS = 0x20;

    public static final int CR_STP = 0x01;
    public static final int CR_STA = 0x02;
    public static final int CR_TXP = 0x04;
    public static final int CR_REMOTE_READ = 0x08;
    public static final int CR_REMOTE_WRITE = 0x10;
    public static final int CR_SEND_PACKET = 0x18;
    /** Abort or complete remote DMA. */
    public static final int CR_NO_DMA = 0x20;

    public static final int CR_REMOTE = 0x38;
    public static final int CR_PAGE_SHIFT = 6;
    public static final int CR_PAGE_1 = 0x40;
    public static final int CR_PAGE_2 = 0x80;

    /** Packet received. */
    public static final int ISR_PRX = 0x01;
    /** Packet transmitted. */
    public static final int ISR_PTX = 0x02;
    /** Receive error. */
    public static final int ISR_RXE = 0x04;
    /** Transmit error. */
    public static final int ISR_TXE = 0x08;
    /** The ring is full. */
    public static final int ISR_OVW = 0x10;
    /** A tally counter is half full. */
    public static final int ISR_CNT = 0x20;
    /** Remote DMA complete. */
    public static final int ISR_RDC = 0x40;
    /** The controller is in reset, or its ring overflowed; never an interrupt. */
    public static final int ISR_RST = 0x80;

    /** Word transfers. */
    public static final int DCR_WTS = 0x01;
    /** Byte order: high byte first. */
    public static final int DCR_BOS = 0x02;
    /** Clear: loopback, with {@link #TCR_LOOPBACK}. */
    public static final int DCR_LS = 0x08;
    /** Send packet increments. */
    public static final int DCR_AR = 0x10;

    /** Do not append the check sequence. */
    public static final int TCR_CRC = 0x01;

    public static final int TCR_LOOPBACK = 0x06;
    public static final int TCR_LOOPBACK_INTERNAL = 0x02;
    public static final int TCR_LOOPBACK_ENCODER = 0x04;
    public static final int TCR_LOOPBACK_EXTERNAL = 0x06;

    public static final int TSR_PTX = 0x01;
    public static final int TSR_CRS = 0x10;
    public static final int TSR_CDH = 0x40;

    /** Save frames with errors. */
    public static final int RCR_SEP = 0x01;
    /** Accept frames below 64 bytes. */
    public static final int RCR_AR = 0x02;

    public static final int RCR_AB = 0x04;
    public static final int RCR_AM = 0x08;
    public static final int RCR_PRO = 0x10;
    /** Count frames, and keep none. */
    public static final int RCR_MON = 0x20;

    public static final int RSR_PRX = 0x01;
    public static final int RSR_CRC = 0x02;
    /** Missed. */
    public static final int RSR_MPA = 0x10;
    /** The address was a group's. */
    public static final int RSR_PHY = 0x20;
    /** Monitor mode. */
    public static final int RSR_DIS = 0x40;

    public static final int PAGE = 256;
    /** First page of the card's packet memory. */
    public static final int RAM_START = 0x40;
    /** Behind its last page. */
    public static final int RAM_STOP = 0x80;
    /** Bytes of the address PROM, each there twice. */
    public static final int PROM = 32;
    /** In bytes 14 and 15 of the PROM: this is an NE2000. */
    public static final int PROM_MARK = 0x57;

    /** In front of each frame in the ring: status, next page, length (le16) with the check sequence. */
    public static final int RING_HEADER = 4;

    public static final int CHECK_SEQUENCE = 4;
    public static final int ADDRESS = 6;
    /** Bytes of an Ethernet header. */
    public static final int FRAME_HEADER = 14;
    /** Shortest frame, without its check sequence. */
    public static final int MIN_FRAME = 60;
    /** Longest frame, without its check sequence. */
    public static final int MAX_FRAME = 1514;

    private Ne2000() {}
}
