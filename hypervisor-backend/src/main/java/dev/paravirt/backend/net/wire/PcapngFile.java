// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A pcapng file with one Ethernet interface and times in nanoseconds (IETF draft "PCAP Now Generic (pcapng) Capture File
 * Format"). For one thread. A failed write leaves the file cut at some byte; readers take what is whole.
 */
final class PcapngFile implements Closeable {
    /** The direction bits of epb_flags. */
    static final int INBOUND = 1;

    static final int OUTBOUND = 2;

    private static final int SECTION_HEADER = 0x0a0d0d0a;
    private static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;
    private static final int INTERFACE_DESCRIPTION = 1;
    private static final int INTERFACE_STATISTICS = 5;
    private static final int ENHANCED_PACKET = 6;
    private static final short LINKTYPE_ETHERNET = 1;
    private static final short SHB_USERAPPL = 4;
    private static final short IF_NAME = 2;
    private static final short IF_TSRESOL = 9;
    private static final short ISB_IFDROP = 5;
    private static final short EPB_FLAGS = 2;
    private static final byte NANOSECONDS = 9;
    private static final int UNLIMITED = 0;

    /** Of an enhanced packet block, without the packet. */
    private static final int PACKET_OVERHEAD = 28 + 12 + 4;

    private static final int BUFFER = 256 << 10;

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);

    /** Packets in the buffer. */
    private int waiting;

    private PcapngFile(FileChannel channel) {
        this.channel = channel;
    }

    static PcapngFile create(Path path) throws IOException {
        FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
        PcapngFile file = new PcapngFile(channel);
        try {
            file.writeHeaders();
            file.flush();
            return file;
        } catch (IOException failure) {
            channel.close();
            throw failure;
        }
    }

    private void writeHeaders() {
        int section = begin(SECTION_HEADER);
        // Version 1.0, section of unknown length.
        buffer.putInt(BYTE_ORDER_MAGIC).putShort((short) 1).putShort((short) 0).putLong(-1);
        putOption(SHB_USERAPPL, "paravirt".getBytes(StandardCharsets.US_ASCII));
        endWithOptions(section);
        int description = begin(INTERFACE_DESCRIPTION);
        buffer.putShort(LINKTYPE_ETHERNET).putShort((short) 0).putInt(UNLIMITED);
        putOption(IF_NAME, "virtio-net".getBytes(StandardCharsets.US_ASCII));
        putOption(IF_TSRESOL, new byte[] {NANOSECONDS});
        endWithOptions(description);
    }

    /**
     * @param nanos since the epoch
     * @param direction {@link #INBOUND} or {@link #OUTBOUND}
     * @param packet its remaining bytes, at most 128 KiB
     */
    void writePacket(long nanos, int direction, ByteBuffer packet) throws IOException {
        int length = packet.remaining();
        if (buffer.remaining() < PACKET_OVERHEAD + length + 3) {
            flush();
        }
        int block = begin(ENHANCED_PACKET);
        buffer.putInt(0);
        putTime(nanos);
        buffer.putInt(length).putInt(length).put(packet);
        pad(length);
        buffer.putShort(EPB_FLAGS).putShort((short) 4).putInt(direction);
        endWithOptions(block);
        waiting++;
    }

    /** How many packets are not in the file yet: after a failure, those that never will be. */
    int waiting() {
        return waiting;
    }

    /** @param missing packets that should be in the file and are not */
    void writeStatistics(long nanos, long missing) throws IOException {
        flush();
        int block = begin(INTERFACE_STATISTICS);
        buffer.putInt(0);
        putTime(nanos);
        buffer.putShort(ISB_IFDROP).putShort((short) 8).putLong(missing);
        endWithOptions(block);
    }

    private void putTime(long nanos) {
        buffer.putInt((int) (nanos >>> 32)).putInt((int) nanos);
    }

    private int begin(int type) {
        int start = buffer.position();
        buffer.putInt(type).putInt(0);
        return start;
    }

    private void endWithOptions(int start) {
        buffer.putInt(0);
        int length = buffer.position() + 4 - start;
        buffer.putInt(length).putInt(start + 4, length);
    }

    private void putOption(short code, byte[] value) {
        buffer.putShort(code).putShort((short) value.length).put(value);
        pad(value.length);
    }

    private void pad(int length) {
        for (int i = length; (i & 3) != 0; i++) {
            buffer.put((byte) 0);
        }
    }

    /** After a failure, nothing is written any more. */
    void flush() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
        waiting = 0;
    }

    /** What was not flushed is lost. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
