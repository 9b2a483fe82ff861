// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.spec.FeatureBits;
import dev.paravirt.spec.Layout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Feature bit requirements, tried one missing feature at a time. */
class NetFeaturesTest {
    /** Each line: a feature, then what it needs; {@code A|B} stands for at least one of them. */
    private static final String REQUIREMENTS = """
            GUEST_TSO4 GUEST_CSUM
            GUEST_TSO6 GUEST_CSUM
            GUEST_ECN GUEST_TSO4|GUEST_TSO6
            GUEST_UFO GUEST_CSUM
            GUEST_USO4 GUEST_CSUM
            GUEST_USO6 GUEST_CSUM
            GUEST_UDP_TUNNEL_GSO GUEST_TSO4 GUEST_TSO6 GUEST_USO4 GUEST_USO6
            GUEST_UDP_TUNNEL_GSO_CSUM GUEST_UDP_TUNNEL_GSO
            HOST_TSO4 CSUM
            HOST_TSO6 CSUM
            HOST_ECN HOST_TSO4|HOST_TSO6
            HOST_UFO CSUM
            HOST_USO CSUM
            HOST_UDP_TUNNEL_GSO HOST_TSO4 HOST_TSO6 HOST_USO
            HOST_UDP_TUNNEL_GSO_CSUM HOST_UDP_TUNNEL_GSO
            CTRL_RX CTRL_VQ
            CTRL_VLAN CTRL_VQ
            GUEST_ANNOUNCE CTRL_VQ
            MQ CTRL_VQ
            CTRL_MAC_ADDR CTRL_VQ
            NOTF_COAL CTRL_VQ
            RSC_EXT HOST_TSO4|HOST_TSO6
            RSS CTRL_VQ
            VQ_NOTF_COAL CTRL_VQ
            HASH_TUNNEL CTRL_VQ RSS|HASH_REPORT
            RSS_CONTEXT CTRL_VQ RSS
            """;

    @Test
    void aFeatureIsUnmetExactlyWhileSomethingIsMissing() {
        List<String[]> rows =
                REQUIREMENTS.lines().map(line -> line.split(" ", -1)).toList();
        assertThat(rows).hasSize(26);
        for (String[] row : rows) {
            List<String> needed = new ArrayList<>(List.of(row).subList(1, row.length));
            for (String missing : needed) {
                FeatureBits others = FeatureBits.NONE;
                for (String need : needed) {
                    if (!need.equals(missing)) {
                        others = others.with(bit(need.split("\\|", -1)[0]));
                    }
                }
                assertThat(NetFeatures.requirementsMet(bit(row[0]), others))
                        .as("%s without %s", row[0], missing)
                        .isFalse();
                for (String alternative : missing.split("\\|", -1)) {
                    assertThat(NetFeatures.requirementsMet(bit(row[0]), others.with(bit(alternative))))
                            .as("%s with %s", row[0], alternative)
                            .isTrue();
                }
            }
        }
    }

    @Test
    void featuresThatTheTextDoesNotListNeedNothing() {
        List<Integer> listed =
                REQUIREMENTS.lines().map(line -> bit(line.split(" ", -1)[0])).toList();
        for (int bit = 0; bit < FeatureBits.WIDTH; bit++) {
            assertThat(NetFeatures.requirementsMet(bit, FeatureBits.NONE))
                    .as(NetFeatures.name(bit))
                    .isEqualTo(!listed.contains(bit));
        }
    }

    @Test
    void closedSets() {
        assertThat(NetFeatures.firstUnmet(FeatureBits.NONE)).isEqualTo(-1);
        assertThat(NetFeatures.firstUnmet(FeatureBits.ofLongs(-1, -1))).isEqualTo(-1);
        assertThat(NetFeatures.firstUnmet(FeatureBits.of(NetFeatures.MAC, NetFeatures.STATUS, NetFeatures.MRG_RXBUF)))
                .isEqualTo(-1);
    }

    @Test
    void theLowestFeatureWithoutItsRequirementsIsNamed() {
        FeatureBits features = FeatureBits.of(NetFeatures.MAC, NetFeatures.MQ, NetFeatures.RSS, NetFeatures.HOST_USO);
        assertThat(NetFeatures.firstUnmet(features)).isEqualTo(NetFeatures.MQ);
        assertThat(NetFeatures.firstUnmet(features.with(NetFeatures.CTRL_VQ))).isEqualTo(NetFeatures.HOST_USO);
        assertThat(NetFeatures.firstUnmet(features.with(NetFeatures.CTRL_VQ).with(NetFeatures.CSUM)))
                .isEqualTo(-1);
    }

    private static int bit(String name) {
        return (int) Layout.constant(NetFeatures.class, name);
    }
}
