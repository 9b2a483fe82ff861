// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.backend.net.NetPort;
import dev.paravirt.backend.thread.Joining;
import io.netty.buffer.ByteBuf;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A wire to a program that needs no privileges: passt, which turns the guest's connections and datagrams into this
 * host's, gives the guest an address by DHCP, and forwards ports of this host's to it. It is started for this wire alone,
 * and ends with it, also when this process is killed.
 *
 * <p>The guest reaches what this host reaches, and the loopback services of this host at the address of its gateway.
 */
public final class PasstBackend implements NetBackend {
    private static final Logger LOG = LoggerFactory.getLogger(PasstBackend.class);
    private static final String PROGRAM = "passt";
    private static final String MTU = "1500";
    private static final long START_SECONDS = 20;
    private static final long END_SECONDS = 5;

    private final Process process;
    private final BufferedReader says;
    private final PrivateFolder folder;
    private final StreamBackend stream;
    private final Thread thread = Thread.ofPlatform().name("net-passt").daemon().unstarted(this::watch);
    private volatile boolean closed;

    private PasstBackend(Process process, BufferedReader says, PrivateFolder folder, StreamBackend stream) {
        this.process = process;
        this.says = says;
        this.folder = folder;
        this.stream = stream;
    }

    /**
     * Starts passt, and returns when it can be connected to.
     *
     * @throws IOException if it is not installed, or cannot start: a port is in use, or there is no network to share; the
     *     message says which
     */
    public static PasstBackend start(List<PortForward> forwards) throws IOException {
        Path program = find(System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/bin");
        PrivateFolder folder = PrivateFolder.create();
        Process process = null;
        boolean started = false;
        try {
            Path socket = folder.path().resolve("socket");
            process = new ProcessBuilder(command(program, socket, forwards))
                    .redirectErrorStream(true)
                    .redirectInput(new File("/dev/null"))
                    .start();
            BufferedReader says = process.inputReader(StandardCharsets.UTF_8);
            await(process, says, socket);
            StreamBackend stream = StreamBackend.connect(UnixDomainSocketAddress.of(socket));
            PasstBackend backend = new PasstBackend(process, says, folder, stream);
            backend.thread.start();
            started = true;
            return backend;
        } finally {
            if (!started) {
                if (process != null) {
                    process.destroyForcibly();
                }
                folder.delete();
            }
        }
    }

    static Path find(String path) throws IOException {
        for (String folder : path.split(File.pathSeparator)) {
            Path candidate = Path.of(folder, PROGRAM);
            if (Files.isExecutable(candidate)) {
                return candidate;
            }
        }
        throw new IOException(
                PROGRAM + ", which networks without privileges need, is not installed; apt-get install passt");
    }

    private static List<String> command(Path program, Path socket, List<PortForward> forwards) {
        List<String> command = new ArrayList<>(
                List.of(program.toString(), "--foreground", "--one-off", "--mtu", MTU, "--socket", socket.toString()));
        for (PortForward forward : forwards) {
            command.add(forward.protocol() == PortForward.Protocol.TCP ? "--tcp-ports" : "--udp-ports");
            command.add(forward.address() + "/" + forward.hostPort() + ":" + forward.guestPort());
        }
        return command;
    }

    /** It says something when its socket is there; what it says before it ends says why. */
    private static void await(Process process, BufferedReader says, Path socket) throws IOException {
        AtomicBoolean waiting = new AtomicBoolean(true);
        CompletableFuture.delayedExecutor(START_SECONDS, TimeUnit.SECONDS).execute(() -> {
            if (waiting.get()) {
                process.destroyForcibly();
            }
        });
        String reason = "it says nothing for " + START_SECONDS + " seconds";
        try {
            for (String line = says.readLine(); line != null; line = says.readLine()) {
                LOG.debug("passt: {}", line);
                // Where there is no system log, that is of no interest to anybody.
                if (!line.isBlank() && !line.endsWith("to syslog")) {
                    reason = line.strip();
                }
                if (Files.exists(socket)) {
                    return;
                }
            }
        } finally {
            waiting.set(false);
        }
        throw new IOException("passt ended before it began: " + reason);
    }

    /** What happened to the frames. From any thread. */
    public WireCounters counters() {
        return stream.counters();
    }

    /** The program's process: it can end by itself, after which the link is down. */
    public ProcessHandle process() {
        return process.toHandle();
    }

    private void watch() {
        try {
            for (String line = says.readLine(); line != null; line = says.readLine()) {
                LOG.debug("passt: {}", line);
            }
            int status = process.waitFor();
            if (!closed) {
                LOG.warn("passt has ended with status {}, and the guest's network with it", status);
            }
        } catch (IOException | InterruptedException closedByUs) {
            LOG.debug("passt can no longer be heard", closedByUs);
        }
    }

    @Override
    public void attach(NetPort port) {
        stream.attach(new NetPort() {
            @Override
            public boolean receive(ByteBuf frame) {
                return port.receive(frame);
            }

            @Override
            public void linkUp(boolean up) {
                if (up) {
                    // Nothing is left behind from now on, however this process ends.
                    folder.delete();
                }
                port.linkUp(up);
            }
        });
    }

    @Override
    public boolean send(ByteBuf frame) {
        Padding.remove(frame);
        return stream.send(frame);
    }

    /** Ends passt, and waits for that. */
    @Override
    public void close() {
        closed = true;
        stream.close();
        process.destroy();
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException early) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Joining.uninterrupted(thread);
        folder.delete();
    }
}
