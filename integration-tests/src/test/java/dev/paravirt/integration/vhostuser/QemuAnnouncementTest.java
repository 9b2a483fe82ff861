// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.backend.transport.vhostuser.VhostUserOptions;
import dev.paravirt.backend.transport.vhostuser.VhostUserServer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** QEMU has our device announce a guest, as it does at the end of a migration; it does so for its user, too. */
@Timeout(90)
class QemuAnnouncementTest {
    private static final String PROGRAM = "qemu-system-x86_64";
    private static final String MAC = "02:00:00:00:08:07";
    private static final String BROADCAST_BY_GUEST = "ffffffffffff" + "020000000807" + "8035";

    /** What goes to the network. */
    private static final class Sent implements NetBackend {
        private final BlockingQueue<String> frames = new LinkedBlockingQueue<>();

        @Override
        public void attach(NetPort port) {}

        @Override
        public boolean send(ByteBuf frame) {
            frames.add(ByteBufUtil.hexDump(frame));
            frame.release();
            return true;
        }

        @Override
        public void close() {}
    }

    @TempDir
    private Path folder;

    /** Its firmware finds nothing to boot, so that there is no driver. */
    @Test
    void aGuestWithoutADriverIsAnnounced() throws IOException, InterruptedException {
        Command.require(PROGRAM, "qemu-system-x86");
        Sent network = new Sent();
        NetDevice device = new NetDevice(network, new NetOptions(MAC).controlInFront(true));
        try (VhostUserServer server = VhostUserServer.listen(folder.resolve("s"), device, new VhostUserOptions())) {
            Process qemu = qemu();
            try (OutputStream monitor = qemu.getOutputStream()) {
                monitor.write("announce_self\n".getBytes(StandardCharsets.US_ASCII));
                monitor.flush();
                String frame = network.frames.poll(60, TimeUnit.SECONDS);
                assertThat(frame).as(this::messages).startsWith(BROADCAST_BY_GUEST);
                assertThat(server.session().driverFeatures().isEmpty()).isTrue();
            } finally {
                qemu.descendants().forEach(ProcessHandle::destroyForcibly);
                qemu.destroyForcibly().waitFor();
            }
        }
    }

    private Process qemu() throws IOException {
        List<String> command = List.of(
                "timeout",
                "--signal=KILL",
                "80",
                PROGRAM,
                "-accel",
                "tcg",
                "-nodefaults",
                "-display",
                "none",
                "-m",
                "64M",
                "-object",
                "memory-backend-memfd,id=mem,size=64M,share=on",
                "-numa",
                "node,memdev=mem",
                "-chardev",
                "socket,id=a,path=" + folder.resolve("s"),
                "-netdev",
                "vhost-user,id=n,chardev=a",
                "-device",
                "virtio-net-pci,netdev=n,vectors=0,romfile=,mac=" + MAC,
                "-monitor",
                "stdio");
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("messages").toFile())
                .start();
    }

    private String messages() {
        try {
            return Files.readString(folder.resolve("messages"));
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }
}
