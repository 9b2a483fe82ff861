// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.blk.BlkFeatures;
import dev.paravirt.spec.console.ConsoleFeatures;
import dev.paravirt.spec.net.NetFeatures;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares constants with the names and values of the specification's text. */
class ValuesTest {
    record Value(String specName, long value, String constant) {
        Class<?> type() {
            return classOf(constant.substring(0, constant.lastIndexOf('.')));
        }

        String field() {
            return constant.substring(constant.lastIndexOf('.') + 1);
        }
    }

    static List<Value> values() throws IOException {
        try (InputStream in = ValuesTest.class.getResourceAsStream("virtio-1.4-values.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" ", -1))
                    .map(parts -> new Value(parts[0], Long.parseLong(parts[1]), parts[2]))
                    .toList();
        }
    }

    @Test
    void everyValueOfTheTextIsTheConstants() throws IOException {
        List<Value> values = values();
        assertThat(values).hasSizeGreaterThan(200);
        for (Value value : values) {
            assertThat(Layout.constant(value.type(), value.field()))
                    .as("%s as %s", value.specName(), value.constant())
                    .isEqualTo(value.value());
        }
    }

    static Stream<Class<?>> featureClasses() {
        return Stream.of(Features.class, BlkFeatures.class, NetFeatures.class, ConsoleFeatures.class);
    }

    @ParameterizedTest
    @MethodSource("featureClasses")
    void featureConstantsAreJustThoseOfTheTextAndKnowTheirNames(Class<?> type) throws Exception {
        Set<String> declared = new HashSet<>();
        for (Field field : type.getFields()) {
            if (field.getType() == int.class) {
                declared.add(field.getName());
            }
        }
        Set<String> inText = new HashSet<>();
        for (Value value : values()) {
            if (value.type() == type) {
                inText.add(value.field());
                assertThat(type.getMethod("name", int.class).invoke(null, (int) value.value()))
                        .isEqualTo(value.specName());
            }
        }
        assertThat(declared).isEqualTo(inText);
    }

    @ParameterizedTest
    @MethodSource("featureClasses")
    void unknownBitsHaveANumberForAName(Class<?> type) throws Exception {
        for (int bit : new int[] {Integer.MIN_VALUE, -1, 30, 49, 127, 128, Integer.MAX_VALUE}) {
            assertThat(type.getMethod("name", int.class).invoke(null, bit)).isEqualTo("bit " + bit);
        }
    }

    @Test
    void deviceFeatureNamesIncludeTheReservedBits() {
        assertThat(BlkFeatures.name(Features.RING_PACKED)).isEqualTo("VIRTIO_F_RING_PACKED");
        assertThat(ConsoleFeatures.name(Features.VERSION_1)).isEqualTo("VIRTIO_F_VERSION_1");
        assertThat(NetFeatures.name(Features.IN_ORDER)).isEqualTo("VIRTIO_F_IN_ORDER");
    }

    @Test
    void deviceSpecificBitsAreThoseThatTheTextGivesToDeviceTypes() {
        FeatureBits expected = FeatureBits.ofLongs(0xfffc_0000_0000_0000L | 3L << 41 | 0xff_ffffL, -1L);
        for (int bit = -10; bit < 200; bit++) {
            assertThat(Features.isDeviceSpecific(bit)).as("bit %d", bit).isEqualTo(expected.has(bit));
        }
    }

    @Test
    void transportsAllowNoBitThatIsDefinedForPciAlone() {
        FeatureBits pci = FeatureBits.of(Features.SR_IOV, Features.NOTIF_CONFIG_DATA, Features.ADMIN_VQ);
        assertThat(Features.MMIO.and(pci)).isEqualTo(FeatureBits.NONE);
        assertThat(Features.MMIO.hasAll(Features.HYPERCALL)).isTrue();
        assertThat(Features.MMIO.minus(Features.HYPERCALL))
                .isEqualTo(FeatureBits.of(Features.ACCESS_PLATFORM, Features.ORDER_PLATFORM));
        for (int bit = Features.MMIO.next(0); bit >= 0; bit = Features.MMIO.next(bit + 1)) {
            assertThat(bit)
                    .satisfiesAnyOf(
                            b -> assertThat(b).isBetween(24, 40),
                            b -> assertThat(b).isEqualTo(43));
        }
    }

    private static Class<?> classOf(String name) {
        try {
            return Class.forName("dev.paravirt.spec." + name);
        } catch (ClassNotFoundException e) {
            throw new AssertionError("no class " + name, e);
        }
    }
}
