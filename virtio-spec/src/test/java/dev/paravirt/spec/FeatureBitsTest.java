// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** FeatureBits against BigInteger, which is a set of bits too. */
class FeatureBitsTest {
    private static final BigInteger ALL = BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE);

    @Property
    void setOperationsAreThoseOfNumbers(
            @ForAll long low, @ForAll long high, @ForAll long otherLow, @ForAll long otherHigh) {
        FeatureBits a = FeatureBits.ofLongs(low, high);
        FeatureBits b = FeatureBits.ofLongs(otherLow, otherHigh);
        BigInteger x = number(a);
        BigInteger y = number(b);
        assertThat(number(a.and(b))).isEqualTo(x.and(y));
        assertThat(number(a.or(b))).isEqualTo(x.or(y));
        assertThat(number(a.minus(b))).isEqualTo(x.andNot(y));
        assertThat(a.hasAll(b)).isEqualTo(x.and(y).equals(y));
        assertThat(a.or(b).hasAll(b)).isTrue();
        assertThat(a.count()).isEqualTo(x.bitCount());
        assertThat(a.isEmpty()).isEqualTo(x.signum() == 0);
        assertThat(a.equals(b)).isEqualTo(x.equals(y));
        assertThat(a.toString()).isEqualTo("0x" + x.toString(16));
    }

    @Property
    void singleBits(@ForAll long low, @ForAll long high, @ForAll @IntRange(max = 127) int bit) {
        FeatureBits bits = FeatureBits.ofLongs(low, high);
        BigInteger x = number(bits);
        assertThat(bits.has(bit)).isEqualTo(x.testBit(bit));
        assertThat(number(bits.with(bit))).isEqualTo(x.setBit(bit));
        assertThat(number(bits.without(bit))).isEqualTo(x.clearBit(bit));
        assertThat(FeatureBits.of(bit)).isEqualTo(FeatureBits.NONE.with(bit));
        assertThat(FeatureBits.of(bit)).hasSameHashCodeAs(FeatureBits.NONE.with(bit));
    }

    @Property
    void wordsAreWhatMmioShows(
            @ForAll long low, @ForAll long high, @ForAll @IntRange(max = 3) int selector, @ForAll int value) {
        FeatureBits bits = FeatureBits.ofLongs(low, high);
        BigInteger x = number(bits);
        assertThat(bits.word(selector)).isEqualTo(x.shiftRight(32 * selector).intValue());
        FeatureBits changed = bits.withWord(selector, value);
        for (int word = 0; word < 4; word++) {
            assertThat(changed.word(word)).isEqualTo(word == selector ? value : bits.word(word));
        }
    }

    @Property
    void nextVisitsEachBitOnce(@ForAll long low, @ForAll long high) {
        FeatureBits bits = FeatureBits.ofLongs(low, high);
        BigInteger seen = BigInteger.ZERO;
        int last = -1;
        for (int bit = bits.next(0); bit >= 0; bit = bits.next(bit + 1)) {
            assertThat(bit).isGreaterThan(last);
            last = bit;
            seen = seen.setBit(bit);
        }
        assertThat(seen).isEqualTo(number(bits));
    }

    @Test
    void selectorsBeyondTheLastWordReadZeroAndChangeNothing() {
        FeatureBits all = FeatureBits.ofLongs(-1, -1);
        for (int selector : new int[] {4, 5, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) {
            assertThat(all.word(selector)).isZero();
            assertThat(all.withWord(selector, 0)).isEqualTo(all);
        }
    }

    @Test
    void numbersOutsideTheSetAreRefusedOrNotThere() {
        for (int bit : new int[] {-1, 128, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertThat(FeatureBits.ofLongs(-1, -1).has(bit)).isFalse();
            assertThatThrownBy(() -> FeatureBits.of(3, bit))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(Integer.toString(bit));
            assertThatThrownBy(() -> FeatureBits.NONE.with(bit)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> FeatureBits.NONE.without(bit)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(FeatureBits.ofLongs(-1, -1).next(-5)).isZero();
        assertThat(FeatureBits.ofLongs(-1, -1).next(128)).isEqualTo(-1);
    }

    @Test
    void describesItselfWithNames() {
        assertThat(FeatureBits.NONE.describe(Features::name)).isEqualTo("none");
        assertThat(FeatureBits.of(Features.VERSION_1, 77, Features.EVENT_IDX).describe(Features::name))
                .isEqualTo("VIRTIO_F_EVENT_IDX, VIRTIO_F_VERSION_1, bit 77");
        assertThat((Object) FeatureBits.NONE).isNotEqualTo("0x0").isNotEqualTo(null);
    }

    private static BigInteger number(FeatureBits bits) {
        return new BigInteger(Long.toUnsignedString(bits.high()))
                .shiftLeft(64)
                .or(new BigInteger(Long.toUnsignedString(bits.low())))
                .and(ALL);
    }
}
