// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.toyos;

import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.Device;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.InternetProtocol;
import com.github.dockerjava.api.model.Ports;
import com.github.dockerjava.api.model.Ports.Binding;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.ImageFromDockerfile;

/**
 * A stock Linux network stack with servers and clients, in a container: nginx serves {@code /srv}, iperf3 listens, dnsmasq
 * gives addresses by DHCP and names by DNS. Its interface {@code peer0} is a TAP device whose frames are datagrams at a
 * port: one Ethernet frame each. The interface comes up with the first datagram.
 */
final class LinuxPeer extends GenericContainer<LinuxPeer> {
    /** Its own address at {@code peer0}, with the name {@code files.test}. */
    static final String ADDRESS = "198.18.9.1";

    static final String PREFIX = ADDRESS + "/24";
    private static final int SHA256_DIGITS = 64;
    private static final ExposedPort FRAMES = new ExposedPort(7000, InternetProtocol.UDP);

    // Named, so that no nameless image is left behind; built anew only when this changes.
    private static final ImageFromDockerfile IMAGE = new ImageFromDockerfile("localhost/paravirt-peer:2", false)
            .withFileFromClasspath("peer", "dev/paravirt/integration/toyos/peer")
            .withFileFromClasspath("install", "dev/paravirt/integration/toyos/install")
            .withDockerfileFromBuilder(builder -> builder.from("debian:bookworm-slim")
                    .copy("install", "/usr/local/sbin/install-peer")
                    .run("sh /usr/local/sbin/install-peer")
                    .copy("peer", "/usr/local/sbin/peer")
                    .cmd("sh", "/usr/local/sbin/peer")
                    .build());

    LinuxPeer() {
        super(IMAGE);
        withEnv("PREFIX", PREFIX);
        withStartupTimeout(Duration.ofMinutes(3));
        waitingFor(Wait.forLogMessage(".*the peer is ready.*\\n", 1));
        // Port bindings of the host's own choice; Testcontainers itself publishes TCP ports only.
        withCreateContainerCmdModifier(command -> {
            Ports ports = new Ports();
            ports.bind(FRAMES, Binding.empty());
            HostConfig host = Objects.requireNonNull(command.getHostConfig());
            host.withPortBindings(ports)
                    .withCapAdd(Capability.NET_ADMIN)
                    .withDevices(new Device("rwm", "/dev/net/tun", "/dev/net/tun"));
            command.withExposedPorts(FRAMES);
        });
    }

    /** Where its frames are to be sent, from one socket: the first one that sends is its network from then on. */
    InetSocketAddress frames() throws IOException {
        Binding[] bindings =
                getContainerInfo().getNetworkSettings().getPorts().getBindings().get(FRAMES);
        int port = Integer.parseInt(Objects.requireNonNull(bindings)[0].getHostPortSpec());
        return new InetSocketAddress(InetAddress.getByName(getHost()), port);
    }

    /** Its address on the engine's bridge. */
    String bridgeAddress() {
        return bridge().getIpAddress();
    }

    int bridgePrefixLength() {
        return bridge().getIpPrefixLen();
    }

    private ContainerNetwork bridge() {
        return getContainerInfo()
                .getNetworkSettings()
                .getNetworks()
                .values()
                .iterator()
                .next();
    }

    /** The bridge's interface on the host. */
    String bridgeName() {
        String name = getDockerClient()
                .inspectNetworkCmd()
                .withNetworkId(bridge().getNetworkID())
                .exec()
                .getOptions()
                .get("com.docker.network.bridge.name");
        return Objects.requireNonNull(name, "the engine's default network is no bridge");
    }

    /** The checksum of a file in it. */
    String sha256(String file) throws IOException, InterruptedException {
        return run("sha256sum <" + file).substring(0, SHA256_DIGITS);
    }

    /** Runs a shell command in it, and returns what that printed. */
    String run(String command) throws IOException, InterruptedException {
        ExecResult result = execInContainer("sh", "-c", command);
        if (result.getExitCode() != 0) {
            throw new IOException(
                    command + ": status " + result.getExitCode() + ": " + result.getStdout() + result.getStderr());
        }
        return result.getStdout();
    }
}
