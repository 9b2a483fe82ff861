// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaddingTest {
    /** The length field is where either version of IP has it: total length of IPv4, payload length of IPv6. */
    @ParameterizedTest
    @CsvSource({
        "0x0800,   60, 40,    54",
        "0x0800,   60, 46,    60",
        "0x0800, 1514, 1500,  1514",
        "0x0800, 1514, 28,    42",
        "0x0800,   60, 65535, 60",
        "0x0800,   60, 0,     60",
        "0x0800,   60, 19,    60",
        "0x0800,   33, 20,    33",
        "0x86dd,   60, 0,     54",
        "0x86dd,   60, 65535, 60",
        "0x86dd,   94, 40,    94",
        "0x0806,   60, 20,    60",
        "0x0800,   14, 0,     14",
        "0x0800,   13, 0,     13",
    })
    void leavesThePacket(String type, int length, int field, int left) {
        ByteBuf frame = Unpooled.buffer().writeZero(3).skipBytes(3).writeZero(Math.max(length, 40));
        int kind = Integer.decode(type);
        frame.setShort(3 + 12, kind);
        frame.setShort(3 + 14 + (kind == 0x86dd ? 4 : 2), field);
        frame.writerIndex(3 + length);
        Padding.remove(frame);
        assertThat(frame.readableBytes()).isEqualTo(left);
        assertThat(frame.readerIndex()).isEqualTo(3);
    }
}
