// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two network stacks of the kernel's, in namespaces, with our TAP backends between them. */
@Timeout(120)
class TapBackendTest {
    private static final int BYTES = 32 << 20;
    private static final String LEFT = "tap=left";
    private static final String RIGHT = "tap=right";

    @TempDir
    private Path folder;

    private NetworkNamespace near;
    private NetworkNamespace far;
    private Process joiner;
    private BufferedReader says;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        WireTools.require("socat", "socat");
        near = NetworkNamespace.create();
        far = NetworkNamespace.create();
        joiner = new ProcessBuilder(near.java(TapJoiner.class, LEFT, RIGHT))
                .redirectErrorStream(true)
                .start();
        says = joiner.inputReader(StandardCharsets.UTF_8);
        await("ready");
        near.ip("link set right netns " + far.name);
        near.ip("address add 198.18.7.1/24 dev left");
        far.ip("address add 198.18.7.2/24 dev right");
        near.ip("link set left up");
        far.ip("link set right up");
    }

    @AfterEach
    void stop() throws IOException, InterruptedException {
        if (joiner != null) {
            joiner.destroyForcibly().waitFor();
        }
        if (near != null) {
            near.close();
        }
        if (far != null) {
            far.close();
        }
    }

    private void await(String line) throws IOException {
        StringBuilder said = new StringBuilder();
        for (String next = says.readLine(); !line.equals(next); next = says.readLine()) {
            assertThat(next).as("'%s' expected after %s", line, said).isNotNull();
            said.append(next).append('\n');
        }
    }

    /** Sends a file over TCP through both TAP devices, from one stack to the other. */
    private void transfer(NetworkNamespace from, NetworkNamespace to, String address, int bytes)
            throws IOException, InterruptedException {
        Path source = folder.resolve("source");
        Path target = folder.resolve("target");
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        Files.write(source, content);
        try (FileReceiver receiver = FileReceiver.listen(to, 9000, target)) {
            from.run("socat", "-u", "OPEN:" + source, "TCP:" + address + ":9000");
            receiver.await();
        }
        assertThat(Files.mismatch(source, target)).isEqualTo(-1);
    }

    @Test
    void passesFramesWithTheirOffloadsBetweenTwoKernelStacks() throws IOException, InterruptedException {
        await(LEFT + " up");
        transfer(near, far, "198.18.7.2", BYTES);
        transfer(far, near, "198.18.7.1", BYTES);
        joiner.getOutputStream().close();
        String line = says.readLine();
        while (!line.startsWith("longest")) {
            line = says.readLine();
        }
        String[] words = line.split(" ");
        assertThat(Integer.parseInt(words[1])).as("segments are not cut up").isGreaterThan(16_000);
        assertThat(Long.parseLong(words[3])).isPositive();
        assertThat(joiner.waitFor()).isZero();
    }

    @Test
    void followsADeviceThatIsSwitchedOffDeletedAndMadeAgain() throws IOException, InterruptedException {
        await(LEFT + " up");
        near.ip("link set left down");
        await(LEFT + " down");
        near.ip("link set left up");
        await(LEFT + " up");
        near.ip("link delete left");
        await(LEFT + " down");
        near.ip("tuntap add dev left mode tap");
        near.ip("address add 198.18.7.1/24 dev left");
        near.ip("link set left up");
        await(LEFT + " up");
        transfer(near, far, "198.18.7.2", 1 << 20);
        joiner.getOutputStream().close();
        assertThat(joiner.waitFor()).isZero();
    }
}
