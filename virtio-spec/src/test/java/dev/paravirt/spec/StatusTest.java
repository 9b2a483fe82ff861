// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkStatus;
import dev.paravirt.spec.console.ConsoleControl;
import dev.paravirt.spec.hypercall.HypercallError;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What people read: descriptions of values, also of those that a peer made up. */
class StatusTest {
    @Test
    void describesStatusBits() {
        assertThat(DeviceStatus.describe(0)).isEqualTo("RESET");
        assertThat(DeviceStatus.describe(15)).isEqualTo("ACKNOWLEDGE|DRIVER|FEATURES_OK|DRIVER_OK");
        assertThat(DeviceStatus.describe(64 | 128 | 16)).isEqualTo("SUSPEND|DEVICE_NEEDS_RESET|FAILED");
        assertThat(DeviceStatus.describe(1 | 32)).isEqualTo("ACKNOWLEDGE|0x20");
        assertThat(DeviceStatus.describe(0x8000_0000)).isEqualTo("0x80000000");
    }

    @Test
    void everyStatusHasItsOwnDescription() {
        Set<String> seen = new HashSet<>();
        for (int status = 0; status < 256; status++) {
            assertThat(seen.add(DeviceStatus.describe(status)))
                    .as("0x%x", status)
                    .isTrue();
        }
    }

    @Test
    void describesDeviceTypesKnownAndUnknown() {
        assertThat(DeviceType.describe(1)).isEqualTo("network device");
        assertThat(DeviceType.describe(2)).isEqualTo("block device");
        assertThat(DeviceType.describe(3)).isEqualTo("console");
        assertThat(DeviceType.describe(77)).isEqualTo("device type 77");
        assertThat(DeviceType.describe(-1)).isEqualTo("device type 4294967295");
    }

    @Test
    void describesWhatPeersMakeUp() {
        assertThat(BlkRequest.describeType(0x8000_0000)).isEqualTo("request type 2147483648");
        assertThat(BlkStatus.describe(255)).contains("255");
        assertThat(ConsoleControl.describeEvent(65535)).isEqualTo("event 65535");
        assertThat(HypercallError.describe(Long.MIN_VALUE)).isEqualTo("error " + Long.MIN_VALUE);
        assertThat(HypercallError.describe(7)).isEqualTo("success (7)");
    }

    @Test
    void describesWhatIsDefined() {
        assertThat(BlkRequest.describeType(BlkRequest.T_WRITE_ZEROES)).isEqualTo("write zeroes");
        assertThat(BlkStatus.describe(BlkStatus.IOERR)).isEqualTo("I/O error");
        assertThat(ConsoleControl.describeEvent(ConsoleControl.PORT_OPEN)).isEqualTo("PORT_OPEN");
        assertThat(HypercallError.describe(HypercallError.BAD_ADDRESS)).isEqualTo("address outside guest memory");
    }
}
