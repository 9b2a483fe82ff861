// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import dev.paravirt.spec.Features;
import dev.paravirt.spec.net.NetConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest of QEMU's with two network devices of ours: one on split rings with an MTU that QEMU says, one of two queue pairs on
 * packed rings.
 */
@Timeout(200)
@SuppressWarnings("try") // Only the timeout interrupts it.
class QemuGuestNetTest {
    /** A new driver resets the devices. The queue pair that sends is that of the processor. */
    private static final String NEW_DRIVER = """
            rmmod virtio_net
            insmod /modules/virtio_net.ko
            for link in 0 1; do
              ip address add 198.18.$((8 + link)).2/24 dev eth$link
              ip link set eth$link up
            done
            ping -c 1 -W 10 198.18.8.1 && echo the host answers the new driver
            echo the MTUs are $(cat /sys/class/net/eth0/mtu /sys/class/net/eth1/mtu)
            echo eth1 has $(ls -d /sys/class/net/eth1/queues/tx-* | wc -l) queue pairs
            for mask in 1 2; do
              taskset $mask ping -c 1 -W 10 198.18.9.1 && echo the host answers processor $mask
            done
            """;

    private static final int MTU = 1400;
    private static final int DEFAULT_MTU = 1500;
    private static final int FIRST_TRANSMITQ = 1;
    private static final int SECOND_TRANSMITQ = 3;

    @TempDir
    private Path folder;

    @Test
    void pingsAndTransfersBothWays() throws IOException, InterruptedException {
        PcLinux system = PcLinux.make(
                folder,
                List.of("failover", "net_failover", "virtio_net"),
                List.of(),
                HostNetwork.script(0) + HostNetwork.script(1) + NEW_DRIVER);
        try (HostNetwork near = HostNetwork.create(0);
                HostNetwork far = HostNetwork.create(1);
                NetDevice nearDevice = device(near, 1);
                NetDevice farDevice = device(far, 2);
                VhostUserServer split = serve("a", nearDevice, 1);
                VhostUserServer packed = serve("b", farDevice, 2);
                QemuGuest guest = QemuGuest.boot(folder, system, devices())) {
            near.exchange(guest, folder);
            guest.await("eth1 waits for a file");
            assertThat(split.session().driverFeatures().has(Features.RING_PACKED))
                    .isFalse();
            assertThat(packed.session().driverFeatures().has(Features.RING_PACKED))
                    .isTrue();
            assertThat(mtu(nearDevice)).isEqualTo(MTU);
            assertThat(mtu(farDevice)).isEqualTo(DEFAULT_MTU);
            far.exchange(guest, folder);
            assertThat(guest.awaitEnd())
                    .contains("the host answers the new driver", "the MTUs are " + MTU + " " + DEFAULT_MTU)
                    .contains("eth1 has 2 queue pairs", "the host answers processor 1", "the host answers processor 2")
                    .contains("the script has ended");
            assertThat(packed.session().counters(FIRST_TRANSMITQ).requests()).isPositive();
            assertThat(packed.session().counters(SECOND_TRANSMITQ).requests()).isPositive();
        }
    }

    private static NetDevice device(HostNetwork network, int pairs) throws IOException, InterruptedException {
        NetOptions options =
                new NetOptions(HostNetwork.mac(0)).queuePairs(pairs).controlInFront(true);
        return new NetDevice(network.wire(), options);
    }

    private VhostUserServer serve(String socket, NetDevice device, int pairs) throws IOException {
        VhostUserOptions options = new VhostUserOptions(VhostUserOptions.FEATURES, pairs, false);
        return VhostUserServer.listen(folder.resolve(socket), device, options);
    }

    /** What the device has, which its front-end may have limited; a guest of QEMU's reads that of QEMU. */
    private static int mtu(NetDevice device) {
        byte[] bytes = new byte[Short.BYTES];
        device.readConfig(NetConfig.MTU, bytes, 0, bytes.length);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getShort();
    }

    /** Without KVM, QEMU 7.2 crashes when such a device has interrupt vectors of its own. */
    private List<String> devices() {
        return List.of(
                "-chardev",
                "socket,id=a,path=" + folder.resolve("a"),
                "-netdev",
                "vhost-user,id=na,chardev=a",
                "-device",
                "virtio-net-pci,netdev=na,vectors=0,host_mtu=" + MTU + ",mac=" + HostNetwork.mac(0),
                "-chardev",
                "socket,id=b,path=" + folder.resolve("b"),
                "-netdev",
                "vhost-user,id=nb,chardev=b,queues=2",
                "-device",
                "virtio-net-pci,netdev=nb,vectors=0,mq=on,packed=on,mac=" + HostNetwork.mac(1));
    }
}
