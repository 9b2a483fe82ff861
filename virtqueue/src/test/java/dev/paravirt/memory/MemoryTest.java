// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Guest memory: what lies where, byte order, and that nothing outside of it is ever reached. */
class MemoryTest {
    private static final long LAST = Long.MAX_VALUE - 0xf;

    @AutoClose
    private final Arena arena = Arena.ofConfined();

    private MemoryRegion region(long address, long size) {
        return new MemoryRegion(address, arena.allocate(size, 16));
    }

    @Test
    void regionsThatCannotBe() {
        assertThatIllegalArgumentException().isThrownBy(() -> region(-16, 16));
        assertThatIllegalArgumentException().isThrownBy(() -> region(8, 16));
        assertThatIllegalArgumentException().isThrownBy(() -> region(LAST, 32));
        assertThatIllegalArgumentException().isThrownBy(() -> new MemoryRegion(0, MemorySegment.ofArray(new byte[16])));
        MemorySegment segment = arena.allocate(64, 16);
        assertThatIllegalArgumentException().isThrownBy(() -> new MemoryRegion(0, segment.asSlice(8)));
        assertThatIllegalArgumentException().isThrownBy(() -> new MemoryRegion(0, segment.asSlice(0, 0)));
        assertThatIllegalArgumentException().isThrownBy(() -> new MemoryRegion(0, segment.asReadOnly()));
        assertThat(region(0, 16).contains(0, 16)).isTrue();
    }

    @Test
    void regionsDoNotOverlap() {
        assertThatIllegalArgumentException().isThrownBy(GuestMemory::new);
        assertThatIllegalArgumentException().isThrownBy(() -> new GuestMemory(region(0, 32), region(16, 16)));
        assertThatIllegalArgumentException().isThrownBy(() -> new GuestMemory(region(16, 16), region(0, 64)));
        GuestMemory memory = new GuestMemory(region(32, 16), region(0, 32));
        assertThat(memory.regionCount()).isEqualTo(2);
        assertThat(memory.find(31, 1)).isSameAs(memory.region(1));
        assertThat(memory.find(32, 16)).isSameAs(memory.region(0));
        assertThat(memory.find(31, 2)).as("in two regions").isNull();
        assertThat(memory.find(48, 1)).isNull();
    }

    /** Against arithmetic that cannot overflow. */
    @Property
    void rangesAreInsideOrNot(@ForAll long gpa, @ForAll @LongRange(max = 0xffff_ffffL) long length) {
        try (Arena confined = Arena.ofConfined()) {
            for (long address : new long[] {0, 0x1000, Long.MAX_VALUE / 32 * 16}) {
                MemoryRegion region = new MemoryRegion(address, confined.allocate(4096, 16));
                for (long at : new long[] {gpa, address + gpa % 5000, address + 4096 - length}) {
                    boolean inside = at >= 0
                            && BigInteger.valueOf(at)
                                            .add(BigInteger.valueOf(length))
                                            .compareTo(BigInteger.valueOf(address + 4096))
                                    <= 0
                            && at >= address;
                    assertThat(region.contains(at, length)).isEqualTo(inside);
                    assertThat(new GuestMemory(region).find(at, length)).isSameAs(inside ? region : null);
                }
            }
        }
    }

    @Test
    void littleEndianWhateverTheOrdering() {
        MemoryRegion region = region(0x100, 32);
        region.putLong(8, 0x0807_0605_0403_0201L);
        for (int i = 0; i < 8; i++) {
            assertThat(region.getByte(8 + i)).isEqualTo((byte) (i + 1));
        }
        assertThat(region.getShort(9)).isEqualTo((short) 0x0302);
        assertThat(region.getInt(9)).isEqualTo(0x0504_0302);
        assertThat(region.getShortOpaque(10)).isEqualTo((short) 0x0403);
        assertThat(region.getShortAcquire(10)).isEqualTo((short) 0x0403);
        assertThat(region.getIntOpaque(12)).isEqualTo(0x0807_0605);
        assertThat(region.getIntAcquire(12)).isEqualTo(0x0807_0605);
        assertThat(region.getLongOpaque(8)).isEqualTo(0x0807_0605_0403_0201L);
        assertThat(region.getLongAcquire(8)).isEqualTo(0x0807_0605_0403_0201L);
        region.putShortOpaque(0, (short) 0x1211);
        region.putShortRelease(2, (short) 0x1413);
        region.putIntOpaque(4, 0x1817_1615);
        region.putIntRelease(16, 0x2423_2221);
        region.putLongOpaque(24, 0x3837_3635_3433_3231L);
        assertThat(region.getLong(0)).isEqualTo(0x1817_1615_1413_1211L);
        assertThat(region.getInt(16)).isEqualTo(0x2423_2221);
        assertThat(region.getByte(31)).isEqualTo((byte) 0x38);
        region.putLongRelease(24, 1);
        assertThat(region.getByte(24)).isEqualTo((byte) 1);
    }

    @Test
    void nothingOutsideIsReached() {
        MemorySegment around = arena.allocate(64, 16);
        around.fill((byte) 0x5a);
        MemoryRegion region = new MemoryRegion(0x100, around.asSlice(16, 32));
        for (long offset : new long[] {-1, 25, 32, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> region.getLong(offset));
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> region.putLong(offset, 0));
        }
        for (long offset : new long[] {-8, 32, 40, Long.MIN_VALUE}) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> region.getLongAcquire(offset));
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> region.putLongRelease(offset, 0));
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> region.putShortRelease(offset, (short) 0));
        }
        byte[] bytes = new byte[33];
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> region.put(0, bytes, 0, 33));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> region.get(1, bytes, 0, 32));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> region.fill(1, 32, (byte) 0));
        region.fill(0, 32, (byte) 0);
        assertThat(around.get(ValueLayout.JAVA_LONG, 8)).isEqualTo(0x5a5a_5a5a_5a5a_5a5aL);
        assertThat(around.get(ValueLayout.JAVA_LONG, 48)).isEqualTo(0x5a5a_5a5a_5a5a_5a5aL);
    }

    @Test
    void buffersKeepToTheirPart() {
        MemoryRegion region = region(0x1000, 64);
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> new DmaBuffer(region, 60, 5));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> new DmaBuffer(region, -1, 5));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> new DmaBuffer(region, 0, 0));
        DmaBuffer buffer = new DmaBuffer(region, 16, 32).slice(8, 16);
        assertThat(buffer.address()).isEqualTo(0x1000 + 24);
        assertThat(buffer.offset()).isEqualTo(24);
        assertThat(buffer.size()).isEqualTo(16);
        buffer.putInt(0, 7);
        buffer.putShort(4, (short) 8);
        buffer.putByte(6, (byte) 9);
        buffer.putLong(8, 10);
        assertThat(region.getInt(24)).isEqualTo(7);
        assertThat(buffer.getInt(0)).isEqualTo(7);
        assertThat(buffer.getShort(4)).isEqualTo((short) 8);
        assertThat(buffer.getByte(6)).isEqualTo((byte) 9);
        assertThat(buffer.getLong(8)).isEqualTo(10);
        for (int offset : new int[] {-1, 9, 16, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> buffer.getLong(offset));
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> buffer.putLong(offset, 0));
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> buffer.slice(offset, 8));
        }
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> buffer.fill(0, Integer.MAX_VALUE, (byte) 0));
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> buffer.get(4, new byte[100], 0, -1));
    }
}
