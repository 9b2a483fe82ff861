// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.mmio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.Layout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MmioRegistersTest {
    /** Name, offset and direction of each register, in the order of the specification's table. */
    private static final String TABLE = """
            MagicValue 0x000 R
            Version 0x004 R
            DeviceID 0x008 R
            VendorID 0x00c R
            DeviceFeatures 0x010 R
            DeviceFeaturesSel 0x014 W
            DriverFeatures 0x020 W
            DriverFeaturesSel 0x024 W
            QueueSel 0x030 W
            QueueSizeMax 0x034 R
            QueueSize 0x038 W
            QueueReady 0x044 RW
            QueueNotify 0x050 W
            InterruptStatus 0x060 R
            InterruptACK 0x064 W
            Status 0x070 RW
            QueueDescLow 0x080 W
            QueueDescHigh 0x084 W
            QueueDriverLow 0x090 W
            QueueDriverHigh 0x094 W
            QueueDeviceLow 0x0a0 W
            QueueDeviceHigh 0x0a4 W
            SHMSel 0x0ac W
            SHMLenLow 0x0b0 R
            SHMLenHigh 0x0b4 R
            SHMBaseLow 0x0b8 R
            SHMBaseHigh 0x0bc R
            QueueReset 0x0c0 RW
            ConfigGeneration 0x0fc R
            """;

    @Test
    void offsetsAndDirectionsAreThoseOfTheTable() {
        Map<Integer, String> directions = new HashMap<>();
        TABLE.lines().map(line -> line.split(" ", -1)).forEach(row -> {
            int offset = Integer.decode(row[1]);
            directions.put(offset, row[2]);
            assertThat(Layout.constant(MmioRegisters.class, constantName(row[0])))
                    .as(row[0])
                    .isEqualTo(offset);
        });
        assertThat(directions).hasSize(29);
        for (int offset = 0; offset < MmioRegisters.CONFIG; offset++) {
            String direction = directions.getOrDefault(offset, "");
            assertThat(MmioRegisters.isReadable(offset)).as("0x%03x", offset).isEqualTo(direction.contains("R"));
            assertThat(MmioRegisters.isWritable(offset)).as("0x%03x", offset).isEqualTo(direction.contains("W"));
        }
        assertThat(MmioRegisters.CONFIG).isEqualTo(0x100);
    }

    @Test
    void magicIsTheWordVirt() {
        byte[] virt = "virt".getBytes(StandardCharsets.US_ASCII);
        assertThat(MmioRegisters.MAGIC)
                .isEqualTo(ByteBuffer.wrap(virt).order(ByteOrder.LITTLE_ENDIAN).getInt());
        assertThat(MmioRegisters.VERSION_2).isEqualTo(2);
    }

    /** QueueDescLow -> QUEUE_DESC_LOW, DeviceID -> DEVICE_ID, SHMLenLow -> SHM_LEN_LOW. */
    private static String constantName(String register) {
        return register.replaceAll("(?<=[a-z])(?=[A-Z])|(?<=SHM)", "_").toUpperCase(java.util.Locale.ROOT);
    }
}
