// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec;

import org.jspecify.annotations.Nullable;

/**
 * An immutable set of feature bits 0 to 127 (VIRTIO 1.4, "Feature Bits"; 128 and above are reserved).
 *
 * <p>Thread-safe. Built at negotiation time; code on the request path asks {@link #has} once and keeps the answer.
 */
public final class FeatureBits {
    /** How many feature bits there are. */
    public static final int WIDTH = 128;

    /** How many 32-bit words hold them, as the virtio-mmio selectors count. */
    public static final int WORDS = WIDTH / 32;

    /** The empty set. */
    public static final FeatureBits NONE = new FeatureBits(0, 0);

    private final long low;
    private final long high;

    private FeatureBits(long low, long high) {
        this.low = low;
        this.high = high;
    }

    /** Says what a bit is called, for messages: {@code BlkFeatures::name} and its like. */
    public interface Namer {
        /** The name of {@code bit}, 0 to 127; never null. */
        String name(int bit);
    }

    /**
     * The set of the given bit numbers.
     *
     * @throws IllegalArgumentException if a number is not within 0 to 127
     */
    public static FeatureBits of(int... bits) {
        long low = 0;
        long high = 0;
        for (int bit : bits) {
            low |= lowMask(bit);
            high |= highMask(bit);
        }
        return new FeatureBits(low, high);
    }

    /** The set whose bits 0 to 63 are {@code low} and whose bits 64 to 127 are {@code high}. */
    public static FeatureBits ofLongs(long low, long high) {
        return new FeatureBits(low, high);
    }

    /** Bits 0 to 63. */
    public long low() {
        return low;
    }

    /** Bits 64 to 127. */
    public long high() {
        return high;
    }

    /**
     * The 32 bits from {@code 32 * selector} on, as DeviceFeatures shows them.
     *
     * @param selector any value, unsigned; beyond the last word all bits read 0
     */
    public int word(int selector) {
        return switch (selector) {
            case 0 -> (int) low;
            case 1 -> (int) (low >>> 32);
            case 2 -> (int) high;
            case 3 -> (int) (high >>> 32);
            default -> 0;
        };
    }

    /**
     * This set with the 32 bits from {@code 32 * selector} on replaced, as a write to DriverFeatures does.
     *
     * @param selector 0 to 3; beyond the last word nothing changes
     */
    public FeatureBits withWord(int selector, int value) {
        if (selector < 0 || selector >= WORDS) {
            return this;
        }
        int shift = (selector & 1) * 32;
        long keep = ~(0xffff_ffffL << shift);
        long put = Integer.toUnsignedLong(value) << shift;
        return selector < 2 ? new FeatureBits((low & keep) | put, high) : new FeatureBits(low, (high & keep) | put);
    }

    /** Whether {@code bit} is in the set; false for a number outside 0 to 127. */
    public boolean has(int bit) {
        if (bit < 0 || bit >= WIDTH) {
            return false;
        }
        return ((bit < 64 ? low : high) >>> bit & 1) != 0;
    }

    /** Whether every bit of {@code other} is in this set. */
    public boolean hasAll(FeatureBits other) {
        return (other.low & ~low) == 0 && (other.high & ~high) == 0;
    }

    /**
     * This set and {@code bit}.
     *
     * @throws IllegalArgumentException if {@code bit} is not within 0 to 127
     */
    public FeatureBits with(int bit) {
        return new FeatureBits(low | lowMask(bit), high | highMask(bit));
    }

    /**
     * This set but {@code bit}.
     *
     * @throws IllegalArgumentException if {@code bit} is not within 0 to 127
     */
    public FeatureBits without(int bit) {
        return new FeatureBits(low & ~lowMask(bit), high & ~highMask(bit));
    }

    /** What is in both sets. */
    public FeatureBits and(FeatureBits other) {
        return new FeatureBits(low & other.low, high & other.high);
    }

    /** What is in either set. */
    public FeatureBits or(FeatureBits other) {
        return new FeatureBits(low | other.low, high | other.high);
    }

    /** What is in this set and not in {@code other}. */
    public FeatureBits minus(FeatureBits other) {
        return new FeatureBits(low & ~other.low, high & ~other.high);
    }

    public boolean isEmpty() {
        return (low | high) == 0;
    }

    /** How many bits are set. */
    public int count() {
        return Long.bitCount(low) + Long.bitCount(high);
    }

    /**
     * The lowest bit that is set and not below {@code from}, or -1 if there is none. A loop over the set is
     * {@code for (int bit = s.next(0); bit >= 0; bit = s.next(bit + 1))}.
     */
    public int next(int from) {
        if (from >= WIDTH) {
            return -1;
        }
        int start = Math.max(from, 0);
        if (start < 64) {
            long rest = low & (-1L << start);
            if (rest != 0) {
                return Long.numberOfTrailingZeros(rest);
            }
            start = 64;
        }
        long rest = high & (-1L << start);
        return rest == 0 ? -1 : 64 + Long.numberOfTrailingZeros(rest);
    }

    /** The names of the bits in ascending order, {@code none} for the empty set. */
    public String describe(Namer namer) {
        if (isEmpty()) {
            return "none";
        }
        StringBuilder text = new StringBuilder(count() * 24);
        for (int bit = next(0); bit >= 0; bit = next(bit + 1)) {
            if (!text.isEmpty()) {
                text.append(", ");
            }
            text.append(namer.name(bit));
        }
        return text.toString();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FeatureBits bits && bits.low == low && bits.high == high;
    }

    @Override
    public int hashCode() {
        return 31 * Long.hashCode(low) + Long.hashCode(high);
    }

    /** The set as one hexadecimal number, bit 0 last. */
    @Override
    public String toString() {
        if (high == 0) {
            return "0x" + Long.toHexString(low);
        }
        String digits = Long.toHexString(low);
        return "0x" + Long.toHexString(high) + "0".repeat(16 - digits.length()) + digits;
    }

    private static long lowMask(int bit) {
        checkBit(bit);
        return bit < 64 ? 1L << bit : 0;
    }

    private static long highMask(int bit) {
        return bit < 64 ? 0 : 1L << bit;
    }

    private static void checkBit(int bit) {
        if (bit < 0 || bit >= WIDTH) {
            throw new IllegalArgumentException("feature bit " + bit + " is not within 0 to 127");
        }
    }
}
