// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.toyos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetDevice;
import dev.paravirt.backend.net.NetOptions;
import dev.paravirt.backend.net.wire.Shape;
import dev.paravirt.backend.net.wire.ShapedBackend;
import dev.paravirt.backend.net.wire.TapBackend;
import dev.paravirt.integration.net.NetworkNamespace;
import dev.paravirt.integration.net.WireTools;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The toy OS on a TAP device, with the network stack of Linux in a namespace at its other end, and its programs. */
@Timeout(150)
class ToyOsLinuxTest {
    private static final String LINUX = "198.18.8.1";
    private static final String TOY_OS = "198.18.8.2";
    private static final String NET = "net=" + TOY_OS + "/24";

    @TempDir
    private Path folder;

    private NetworkNamespace namespace;
    private TapBackend tap;
    private final List<Process> servers = new ArrayList<>();

    @BeforeEach
    void start() throws IOException, InterruptedException {
        namespace = NetworkNamespace.create();
        String name = "tos" + ProcessHandle.current().pid() % 1_000_000;
        tap = TapBackend.open(name);
        WireTools.run("ip", "link", "set", name, "netns", namespace.name);
        namespace.ip("address add " + LINUX + "/24 dev " + name);
        namespace.ip("link set lo up");
        namespace.ip("link set " + name + " up");
    }

    @AfterEach
    void stop() throws IOException, InterruptedException {
        for (Process server : servers) {
            server.destroyForcibly().waitFor();
        }
        if (tap != null) {
            tap.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    private ToyOsGuest boot(NetBackend backend, String... words) throws IOException {
        return ToyOsGuest.start(new NetDevice(backend, new NetOptions("02:00:00:00:08:02")), words);
    }

    /** Starts a server in the namespace, and waits until it says that it is there. */
    private void serve(String sign, String... command) throws IOException {
        Process server = new ProcessBuilder(namespace.command(command))
                .redirectErrorStream(true)
                .start();
        servers.add(server);
        BufferedReader says = server.inputReader(StandardCharsets.UTF_8);
        StringBuilder said = new StringBuilder();
        for (String line = says.readLine(); line == null || !line.contains(sign); line = says.readLine()) {
            assertThat(line).as("%s", said).isNotNull();
            said.append(line).append('\n');
        }
        Thread.ofVirtual().start(() -> says.lines().forEach(line -> {}));
    }

    private WireTools.Outcome inNamespace(String... command) throws IOException, InterruptedException {
        return WireTools.attempt(namespace.command(command).toArray(String[]::new));
    }

    private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
        return HexFormat.of().formatHex(digest);
    }

    private Path file(String name, int size) throws IOException {
        byte[] content = new byte[size];
        new Random(size).nextBytes(content);
        return Files.write(folder.resolve(name), content);
    }

    private void serveFiles() throws IOException {
        serve(
                "URL",
                Path.of(System.getProperty("java.home"), "bin", "jwebserver").toString(),
                "-b",
                LINUX,
                "-p",
                "8000",
                "-d",
                folder.toString());
    }

    @Test
    void filesAreFetchedFromLinux() throws Exception {
        Path large = file("large", 20_000_000);
        Path odd = file("odd", 65_537);
        file("empty", 0);
        serveFiles();
        String url = "httpget http://" + LINUX + ":8000/";
        try (ToyOsGuest guest = boot(
                tap,
                NET,
                "ping " + LINUX + " -c 3 -i 10 -s 1400 -W 60000",
                url + "large -o /large",
                url + "odd -o /odd",
                url + "empty -o /empty",
                "sha256 /large /odd /empty")) {
            assertThat(guest.await()).as("%s", guest.lines()).isZero();
            assertThat(guest.sha256("/large")).isEqualTo(sha256(large));
            assertThat(guest.sha256("/odd")).isEqualTo(sha256(odd));
            assertThat(guest.lines()).anyMatch(line -> line.startsWith("3 sent, 3 received"));
        }
    }

    @Test
    void everyByteArrivesOverABadLine() throws Exception {
        Path large = file("large", 1_000_000);
        serveFiles();
        Shape bad = new Shape()
                .loss(0.01)
                .reordering(0.02)
                .duplication(0.01)
                .delay(Duration.ofMillis(25))
                .seed(5);
        try (ToyOsGuest guest = boot(
                new ShapedBackend(tap, bad),
                NET,
                "httpget http://" + LINUX + ":8000/large -o /large",
                "sha256 /large",
                "httpd / 80 -n 1")) {
            guest.awaitText("serving / on port 80");
            Path copy = folder.resolve("copy");
            WireTools.Outcome curl = inNamespace("curl", "-sSf", "-o", copy.toString(), "http://" + TOY_OS + "/large");
            assertThat(curl.status()).as(curl.output()).isZero();
            assertThat(guest.await()).as("%s", guest.lines()).isZero();
            assertThat(guest.sha256("/large")).isEqualTo(sha256(large)).isEqualTo(sha256(copy));
        }
    }

    @Test
    void filesAreServedToCurl() throws Exception {
        WireTools.require("curl", "curl");
        try (ToyOsGuest guest = boot(
                tap,
                NET,
                "mkdir /docs",
                "write \"/docs/A file.bin\" 3000001 3",
                "write /secret 100 4",
                "sha256 \"/docs/A file.bin\"",
                "httpd /docs 8080 -n 8")) {
            guest.awaitText("serving /docs on port 8080");
            String url = "http://" + TOY_OS + ":8080/";
            Path copy = folder.resolve("copy");
            String got = curl("-o", copy.toString(), url + "A%20file.bin");
            assertThat(sha256(copy)).as(got).isEqualTo(guest.sha256("/docs/A file.bin"));
            assertThat(curl("-I", url + "A%20file.bin"))
                    .contains("200 OK")
                    .contains("Content-Length: 3000001")
                    .contains("application/octet-stream");
            assertThat(curl(url)).contains("<a href=\"./A%20file.bin\">A file.bin</a>");
            assertThat(curl("-i", url + "nothing")).contains("404 Not Found");
            assertThat(curl("-i", "--path-as-is", url + "../secret")).contains("400 Bad Request");
            assertThat(curl("-i", url + "%2e%2e/secret")).contains("400 Bad Request");
            assertThat(curl("-i", "-X", "DELETE", url)).contains("405 Method Not Allowed");
            // Two requests over one connection; the second is the guest's last.
            assertThat(curl("-sv", url + "nothing")).contains("404");
            assertThat(guest.await()).as("%s", guest.lines()).isZero();
        }
    }

    private String curl(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "30"));
        command.addAll(List.of(arguments));
        WireTools.Outcome outcome = inNamespace(command.toArray(String[]::new));
        assertThat(outcome.status()).as(outcome.output()).isZero();
        return outcome.output();
    }

    @Test
    void aStockIperf3ServerTakesOurClient() throws Exception {
        WireTools.require("iperf3", "iperf3");
        String[] options = {"", " -R", " -u -b 100", " -u -R -b 20"};
        List<String> script = new ArrayList<>(List.of(NET));
        for (int i = 0; i < options.length; i++) {
            // Between two tests such a server is away for a moment: each has its own.
            String port = Integer.toString(5201 + i);
            serve("Server listening", "iperf3", "-s", "-1", "-B", LINUX, "-p", port, "--forceflush");
            script.add("iperf3 -c " + LINUX + " -t 1 -p " + port + options[i]);
        }
        try (ToyOsGuest guest = boot(tap, script.toArray(new String[0]))) {
            assertThat(guest.await()).as("%s", guest.lines()).isZero();
            assertThat(guest.lines())
                    .filteredOn(line -> line.contains("\"event\":\"iperf3\""))
                    .hasSize(4)
                    .noneMatch(line -> line.contains("\"receivedBytes\":0,"));
        }
    }
}
