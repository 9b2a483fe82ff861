// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.hypercall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.Features;
import dev.paravirt.spec.InterruptStatus;
import dev.paravirt.spec.Layout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds HYPERCALLS.md and the constants together. */
class HypercallsDocumentTest {
    private static String text = "";

    @BeforeAll
    static void read() throws IOException {
        text = Files.readString(Path.of("HYPERCALLS.md"));
    }

    /** The cells of the rows of the table whose header begins with these columns. */
    private static List<List<String>> table(String... columns) {
        List<List<String>> rows = new ArrayList<>();
        String header = "| " + String.join(" | ", columns);
        boolean inside = false;
        for (String line : text.lines().toList()) {
            if (line.startsWith(header)) {
                inside = true;
            } else if (!line.startsWith("|")) {
                inside = false;
            } else if (inside && !line.startsWith("|---")) {
                List<String> cells = new ArrayList<>();
                for (String cell : line.substring(1).split("\\|", -1)) {
                    cells.add(cell.strip());
                }
                rows.add(cells);
            }
        }
        assertThat(rows).as("table with %s", header).isNotEmpty();
        return rows;
    }

    @Test
    void calls() {
        Set<Integer> numbers = new HashSet<>();
        for (List<String> row : table("number", "call")) {
            int number = Integer.parseInt(row.get(0));
            assertThat(Layout.constant(Hypercall.class, row.get(1))).isEqualTo(number);
            assertThat(Hypercall.name(number)).isEqualTo(row.get(1));
            numbers.add(number);
        }
        for (int number = 0; number < 100; number++) {
            boolean named = !Hypercall.name(number).startsWith("hypercall ");
            assertThat(named).as("call %d is in the table", number).isEqualTo(numbers.contains(number));
        }
        assertThat(Hypercall.name(-1)).isEqualTo("hypercall 4294967295");
    }

    @Test
    void errors() {
        List<List<String>> rows = table("value", "error");
        assertThat(rows).hasSize(5);
        for (List<String> row : rows) {
            int value = Integer.parseInt(row.get(0));
            assertThat(Layout.constant(HypercallError.class, row.get(1))).isEqualTo(value);
            assertThat(HypercallError.describe(value)).isNotEqualTo("error " + value);
        }
    }

    @Test
    void limits() {
        for (List<String> row : table("name", "value")) {
            assertThat(Layout.constant(Hypercall.class, row.get(0))).isEqualTo(Long.parseLong(row.get(1)));
        }
    }

    @Test
    void structures() {
        Map<String, Class<?>> types = Map.of(
                "device_info", DeviceInfo.class,
                "queue_setup", QueueSetup.class,
                "multicall_entry", MulticallEntry.class);
        for (Map.Entry<String, Class<?>> type : types.entrySet()) {
            StringBuilder declarations = new StringBuilder();
            for (List<String> row : table("structure", "field", "type", "offset")) {
                if (row.get(0).equals(type.getKey())) {
                    declarations.append(declarations.isEmpty() ? "" : ", ").append(declaration(row.get(1), row.get(2)));
                    assertThat(Layout.constant(type.getValue(), constantName(row.get(1))))
                            .as("%s.%s", row.get(0), row.get(1))
                            .isEqualTo(Long.parseLong(row.get(3)));
                }
            }
            Layout layout = new Layout(declarations.toString());
            layout.matches(type.getValue(), "");
            assertThat(Layout.constant(type.getValue(), "SIZE")).isEqualTo(layout.size());
            assertThat(text).contains(type.getKey() + " " + layout.size());
        }
    }

    @Test
    void reasons() {
        for (List<String> row : table("bit", "reason")) {
            String name = row.get(1).substring(0, row.get(1).indexOf(':'));
            assertThat(Layout.constant(InterruptStatus.class, name)).isEqualTo(1L << Integer.parseInt(row.get(0)));
        }
    }

    @Test
    void hello() {
        Map<String, Integer> fields = Map.of(
                "magic", TwoProcessHello.MAGIC_FIELD,
                "version", TwoProcessHello.VERSION,
                "region_count", TwoProcessHello.REGION_COUNT,
                "doorbell_count", TwoProcessHello.DOORBELL_COUNT,
                "line_count", TwoProcessHello.LINE_COUNT,
                "control_size", TwoProcessHello.CONTROL_SIZE,
                "regions", TwoProcessHello.REGIONS);
        Layout layout = new Layout("le64 magic, le32 version, le32 region_count, le32 doorbell_count, le32 line_count,"
                + "le64 control_size, u8 regions[0]");
        List<List<String>> rows = table("hello field", "type", "offset");
        assertThat(rows).hasSize(fields.size());
        for (List<String> row : rows) {
            assertThat(fields.get(row.get(0))).as(row.get(0)).isEqualTo(Integer.parseInt(row.get(2)));
            assertThat(layout.offset(row.get(0))).as(row.get(0)).isEqualTo(Integer.parseInt(row.get(2)));
        }
        assertThat(TwoProcessHello.MAGIC)
                .isEqualTo(ByteBuffer.wrap("PARAVIRT".getBytes(StandardCharsets.US_ASCII))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getLong());
        assertThat(text).contains("1 to " + TwoProcessHello.MAX_REGIONS + " regions");
        assertThat(text).contains("at most " + TwoProcessHello.MAX_DESCRIPTORS + " descriptors");
    }

    @Test
    void descriptorsOfTheHelloComeInTheOrderOfTheText() {
        int next = 1;
        for (int region = 0; region < 3; region++) {
            assertThat(TwoProcessHello.regionDescriptor(region)).isEqualTo(next++);
        }
        assertThat(TwoProcessHello.callDescriptor(3)).isEqualTo(next++);
        assertThat(TwoProcessHello.replyDescriptor(3)).isEqualTo(next++);
        for (int doorbell = 0; doorbell < 5; doorbell++) {
            assertThat(TwoProcessHello.doorbellDescriptor(3, doorbell)).isEqualTo(next++);
        }
        for (int line = 0; line < 2; line++) {
            assertThat(TwoProcessHello.lineDescriptor(3, 5, line)).isEqualTo(next++);
        }
        assertThat(TwoProcessHello.descriptorCount(3, 5, 2)).isEqualTo(next);
        assertThat(TwoProcessHello.region(0)).isEqualTo(TwoProcessHello.REGIONS);
        assertThat(TwoProcessHello.size(3)).isEqualTo(TwoProcessHello.region(3)).isEqualTo(32 + 3 * 16);
    }

    @Test
    void controlMemory() {
        for (List<String> row : table("control item", "type", "offset")) {
            assertThat(Layout.constant(ControlLayout.class, constantName(row.get(0))))
                    .as(row.get(0))
                    .isEqualTo(Long.parseLong(row.get(2)));
        }
        Layout call = new Layout("le32 call_state, le32 call_number, le64 call_arguments[4], le64 call_result");
        call.matches(ControlLayout.class, "");
        assertThat(call.size()).isLessThanOrEqualTo(64);
    }

    @Test
    void noTwoItemsOfControlMemoryAreCloserThan128Bytes() {
        for (int doorbells = 0; doorbells < 5; doorbells++) {
            for (int lines = 0; lines < 5; lines++) {
                List<Integer> items = new ArrayList<>(List.of(
                        ControlLayout.CALL_STATE, ControlLayout.CALLER_SLEEPING, ControlLayout.SERVER_SLEEPING));
                for (int doorbell = 0; doorbell < doorbells; doorbell++) {
                    items.add(ControlLayout.doorbell(doorbell));
                }
                for (int line = 0; line < lines; line++) {
                    items.add(ControlLayout.lineReason(doorbells, line));
                    items.add(ControlLayout.lineSleeping(doorbells, line));
                }
                for (int i = 0; i < items.size(); i++) {
                    assertThat(items.get(i)).isEqualTo(128 * i);
                }
                int size = ControlLayout.size(doorbells, lines);
                assertThat(size % 4096).isZero();
                assertThat(size).isBetween(128 * items.size(), 128 * items.size() + 4095);
            }
        }
    }

    @Test
    void allowedFeatureBits() {
        Matcher list = Pattern.compile("others than ([A-Z0-9_, \\n]+) and ([A-Z0-9_]+) on this transport")
                .matcher(text);
        assertThat(list.find()).isTrue();
        Set<String> named = new HashSet<>(List.of(list.group(1).strip().split(",\\s*")));
        named.add(list.group(2));
        Set<String> allowed = new HashSet<>();
        for (int bit = Features.HYPERCALL.next(0); bit >= 0; bit = Features.HYPERCALL.next(bit + 1)) {
            allowed.add(Features.name(bit).substring("VIRTIO_F_".length()));
        }
        assertThat(named).isEqualTo(allowed);
    }

    @Test
    void version() {
        assertThat(text)
                .startsWith("# The paravirt hypercall transport, version " + Hypercall.MAJOR + "." + Hypercall.MINOR
                        + "\n");
        assertThat(Hypercall.version(1, 0)).isEqualTo(0x1_0000);
        assertThat(Hypercall.version(2, 0xffff)).isEqualTo(0x2_ffff);
    }

    private static String declaration(String field, String type) {
        int bracket = type.indexOf('[');
        return bracket < 0 ? type + " " + field : type.substring(0, bracket) + " " + field + type.substring(bracket);
    }

    private static String constantName(String field) {
        return field.toUpperCase(Locale.ROOT);
    }
}
