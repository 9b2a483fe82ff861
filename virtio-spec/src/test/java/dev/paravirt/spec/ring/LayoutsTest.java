// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.Layout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayoutsTest {
    private static final Layout USED_ELEMENT = new Layout("le32 id, le32 len");

    @Test
    void splitDescriptor() {
        Layout descriptor = new Layout("le64 addr, le32 len, le16 flags, le16 next");
        descriptor.matches(SplitLayout.class, "DESCRIPTOR_");
        assertThat(SplitLayout.DESCRIPTOR_SIZE).isEqualTo(descriptor.size());
        USED_ELEMENT.matches(SplitLayout.class, "USED_ELEMENT_");
        assertThat(SplitLayout.USED_ELEMENT_SIZE).isEqualTo(USED_ELEMENT.size());
        assertThat(SplitLayout.DESC_F_NEXT).isEqualTo(1);
        assertThat(SplitLayout.DESC_F_WRITE).isEqualTo(2);
        assertThat(SplitLayout.DESC_F_INDIRECT).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8, 256, 1024, 32768})
    void splitRings(int size) {
        Layout available = new Layout("le16 flags, le16 idx, le16 ring[" + size + "], le16 used_event");
        Layout used = new Layout("le16 flags, le16 idx, u8 ring[" + size * USED_ELEMENT.size() + "], le16 avail_event");
        assertThat(SplitLayout.AVAIL_FLAGS).isEqualTo(available.offset("flags"));
        assertThat(SplitLayout.AVAIL_IDX).isEqualTo(available.offset("idx"));
        assertThat(SplitLayout.AVAIL_RING).isEqualTo(available.offset("ring"));
        assertThat(SplitLayout.usedEvent(size)).isEqualTo(available.offset("used_event"));
        assertThat(SplitLayout.availableRingSize(size)).isEqualTo(available.size());
        assertThat(SplitLayout.USED_FLAGS).isEqualTo(used.offset("flags"));
        assertThat(SplitLayout.USED_IDX).isEqualTo(used.offset("idx"));
        assertThat(SplitLayout.USED_RING).isEqualTo(used.offset("ring"));
        assertThat(SplitLayout.availEvent(size)).isEqualTo(used.offset("avail_event"));
        assertThat(SplitLayout.usedRingSize(size)).isEqualTo(used.size());
        // The table of sizes in "Split Virtqueues".
        assertThat(SplitLayout.descriptorTableSize(size)).isEqualTo(16 * size);
        assertThat(SplitLayout.availableRingSize(size)).isEqualTo(6 + 2 * size);
        assertThat(SplitLayout.usedRingSize(size)).isEqualTo(6 + 8 * size);
        assertThat(SplitLayout.availableEntry(size)).isEqualTo(SplitLayout.usedEvent(size));
        assertThat(SplitLayout.usedElement(size)).isEqualTo(SplitLayout.availEvent(size));
        assertThat(SplitLayout.descriptor(size)).isEqualTo(SplitLayout.descriptorTableSize(size));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8, 256, 1024, 32768})
    void splitPartsOfOneAllocationShareNoCacheLine(int size) {
        int available = SplitLayout.availableRingOffset(size);
        int used = SplitLayout.usedRingOffset(size);
        assertThat(available % SplitLayout.AVAILABLE_RING_ALIGNMENT).isZero();
        assertThat(used % SplitLayout.USED_RING_ALIGNMENT).isZero();
        assertThat(available / 64).isGreaterThan((SplitLayout.descriptorTableSize(size) - 1) / 64);
        assertThat(used / 64).isGreaterThan((available + SplitLayout.availableRingSize(size) - 1) / 64);
        assertThat(SplitLayout.totalSize(size)).isGreaterThanOrEqualTo(used + SplitLayout.usedRingSize(size));
    }

    @Test
    void packedDescriptorAndEventSuppression() {
        Layout descriptor = new Layout("le64 addr, le32 len, le16 id, le16 flags");
        descriptor.matches(PackedLayout.class, "DESCRIPTOR_");
        assertThat(PackedLayout.DESCRIPTOR_SIZE).isEqualTo(descriptor.size());
        Layout event = new Layout("le16 desc, le16 flags");
        event.matches(PackedLayout.class, "EVENT_");
        assertThat(PackedLayout.EVENT_SUPPRESSION_SIZE).isEqualTo(event.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 8, 255, 1000, 32768})
    void packedPartsOfOneAllocationShareNoCacheLine(int size) {
        int driver = PackedLayout.driverEventSuppressionOffset(size);
        int device = PackedLayout.deviceEventSuppressionOffset(size);
        assertThat(PackedLayout.descriptorRingSize(size)).isEqualTo(16 * size);
        assertThat(PackedLayout.descriptor(size)).isEqualTo(16 * size);
        assertThat(driver % PackedLayout.EVENT_SUPPRESSION_ALIGNMENT).isZero();
        assertThat(device % PackedLayout.EVENT_SUPPRESSION_ALIGNMENT).isZero();
        assertThat(driver / 64).isGreaterThan((16 * size - 1) / 64);
        assertThat(device / 64).isGreaterThan(driver / 64);
        assertThat(PackedLayout.totalSize(size)).isGreaterThanOrEqualTo(device + 4);
    }

    @Test
    void availableAndUsedDescriptorsByTheirBits() {
        for (int other = 0; other <= 7; other++) {
            for (boolean avail : new boolean[] {false, true}) {
                for (boolean used : new boolean[] {false, true}) {
                    int flags = other | (avail ? 0x80 : 0) | (used ? 0x8000 : 0);
                    for (boolean wrap : new boolean[] {false, true}) {
                        assertThat(PackedLayout.isAvailable(flags, wrap)).isEqualTo(avail == wrap && used != wrap);
                        assertThat(PackedLayout.isUsed(flags, wrap)).isEqualTo(avail == wrap && used == wrap);
                    }
                }
            }
        }
    }

    @Test
    void queueSizes() {
        assertThat(QueueSize.isValidSplit(0)).isFalse();
        assertThat(QueueSize.isValidPacked(0)).isFalse();
        for (int size = 1; size <= 32768; size++) {
            assertThat(QueueSize.isValidSplit(size)).isEqualTo(Integer.bitCount(size) == 1);
            assertThat(QueueSize.isValidPacked(size)).isTrue();
        }
        for (int size : new int[] {32769, 65536, -1, Integer.MIN_VALUE}) {
            assertThat(QueueSize.isValidSplit(size)).isFalse();
            assertThat(QueueSize.isValidPacked(size)).isFalse();
        }
    }
}
