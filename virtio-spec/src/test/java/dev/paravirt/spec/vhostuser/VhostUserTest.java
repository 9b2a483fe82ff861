// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.Layout;
import org.junit.jupiter.api.Test;

class VhostUserTest {
    /** Name and number of each request, in the order of the protocol's text, with its later names. */
    private static final String REQUESTS = """
            GET_FEATURES 1
            SET_FEATURES 2
            GET_PROTOCOL_FEATURES 15
            SET_PROTOCOL_FEATURES 16
            SET_OWNER 3
            RESET_OWNER 4
            SET_MEM_TABLE 5
            SET_LOG_BASE 6
            SET_LOG_FD 7
            SET_VRING_NUM 8
            SET_VRING_ADDR 9
            SET_VRING_BASE 10
            GET_VRING_BASE 11
            SET_VRING_KICK 12
            SET_VRING_CALL 13
            SET_VRING_ERR 14
            GET_QUEUE_NUM 17
            SET_VRING_ENABLE 18
            SEND_RARP 19
            NET_SET_MTU 20
            SET_BACKEND_REQ_FD 21
            IOTLB_MSG 22
            SET_VRING_ENDIAN 23
            GET_CONFIG 24
            SET_CONFIG 25
            CREATE_CRYPTO_SESSION 26
            CLOSE_CRYPTO_SESSION 27
            POSTCOPY_ADVISE 28
            POSTCOPY_LISTEN 29
            POSTCOPY_END 30
            GET_INFLIGHT_FD 31
            SET_INFLIGHT_FD 32
            GPU_SET_SOCKET 33
            RESET_DEVICE 34
            VRING_KICK 35
            GET_MAX_MEM_SLOTS 36
            ADD_MEM_REG 37
            REM_MEM_REG 38
            SET_STATUS 39
            GET_STATUS 40
            GET_SHARED_OBJECT 41
            SET_DEVICE_STATE_FD 42
            CHECK_DEVICE_STATE 43
            """;

    private static final String PROTOCOL_FEATURES = """
            MQ 0
            LOG_SHMFD 1
            RARP 2
            REPLY_ACK 3
            NET_MTU 4
            BACKEND_REQ 5
            CROSS_ENDIAN 6
            CRYPTO_SESSION 7
            PAGEFAULT 8
            CONFIG 9
            BACKEND_SEND_FD 10
            HOST_NOTIFIER 11
            INFLIGHT_SHMFD 12
            RESET_DEVICE 13
            INBAND_NOTIFICATIONS 14
            CONFIGURE_MEM_SLOTS 15
            STATUS 16
            XEN_MMAP 17
            SHARED_OBJECT 18
            DEVICE_STATE 19
            GET_VRING_BASE_INFLIGHT 20
            """;

    @Test
    void numbersAreThoseOfTheProtocol() {
        REQUESTS.lines().map(line -> line.split(" ", -1)).forEach(row -> {
            int number = Integer.parseInt(row[1]);
            assertThat(Layout.constant(FrontEndRequest.class, row[0]))
                    .as(row[0])
                    .isEqualTo(number);
            assertThat(FrontEndRequest.describe(number)).isEqualTo(row[0]);
        });
        assertThat(REQUESTS.lines()).hasSize(43);
        PROTOCOL_FEATURES
                .lines()
                .map(line -> line.split(" ", -1))
                .forEach(row -> assertThat(Layout.constant(ProtocolFeatures.class, row[0]))
                        .as(row[0])
                        .isEqualTo(Integer.parseInt(row[1])));
    }

    @Test
    void describesWhatPeersMakeUp() {
        assertThat(FrontEndRequest.describe(0)).isEqualTo("request 0");
        assertThat(FrontEndRequest.describe(44)).isEqualTo("request 44");
        assertThat(FrontEndRequest.describe(-1)).isEqualTo("request 4294967295");
    }

    @Test
    void payloadsHaveTheSizesOfTheirStructures() {
        assertThat(Payload.ADDRESS_SIZE).isEqualTo(4 + 4 + 4 * 8);
        assertThat(Payload.REGION_SIZE).isEqualTo(4 * 8);
        assertThat(Payload.CONFIG_BYTES).isEqualTo(3 * 4);
        assertThat(Payload.LOG_SIZE).isEqualTo(2 * 8);
        assertThat(Payload.INFLIGHT_LEAST_SIZE).isEqualTo(2 * 8 + 2 * 2);
        assertThat(MessageHeader.SIZE).isEqualTo(3 * 4);
    }
}
