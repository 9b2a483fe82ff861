// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import dev.paravirt.backend.net.NetBackend;
import dev.paravirt.linux.Tap;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The part of a wire's text that says where the frames go. */
sealed interface WireEnd {
    NetBackend open() throws IOException;

    String description();

    /** Takes what it needs of the options. */
    static WireEnd of(WireText options) {
        String kind = options.first();
        return switch (kind) {
            case "none" -> {
                options.takeFlag(kind);
                yield new None();
            }
            case "tap" -> new TapDevice(options.require(kind));
            case "udp" -> {
                InetSocketAddress peer = WireText.peer(kind, options.require(kind));
                String local = options.take("local");
                yield new Udp(peer, local == null ? null : WireText.local("local", local));
            }
            case "tcp" -> new Stream(WireText.peer(kind, options.require(kind)), false);
            case "unix" -> new Stream(unix(options.require(kind)), false);
            case "user" -> user(options);
            case "listen" -> listening(options.require(kind));
            default ->
                throw new IllegalArgumentException(
                        "a network is none, user, tap=, udp=, tcp=, unix= or listen=, not " + kind);
        };
    }

    private static WireEnd listening(String text) {
        int colon = text.indexOf(':');
        String protocol = text.substring(0, Math.max(colon, 0));
        String address = text.substring(colon + 1);
        return switch (protocol) {
            case "udp" -> new Udp(null, WireText.local("listen", address));
            case "tcp" -> new Stream(WireText.local("listen", address), true);
            case "unix" -> new Stream(unix(address), true);
            default ->
                throw new IllegalArgumentException(
                        "listen is udp:[HOST:]PORT, tcp:[HOST:]PORT or unix:PATH, not " + text);
        };
    }

    private static WireEnd user(WireText options) {
        options.takeFlag("user");
        List<PortForward> forwards = new ArrayList<>();
        for (String text : options.takeAll("tcp")) {
            forwards.add(PortForward.parse(PortForward.Protocol.TCP, text));
        }
        for (String text : options.takeAll("udp")) {
            forwards.add(PortForward.parse(PortForward.Protocol.UDP, text));
        }
        return new User(forwards);
    }

    private static UnixDomainSocketAddress unix(String path) {
        if (path.isEmpty()) {
            throw new IllegalArgumentException("the path of the socket is missing");
        }
        return UnixDomainSocketAddress.of(path);
    }

    /** No network. */
    record None() implements WireEnd {
        @Override
        public NetBackend open() {
            return NetBackend.discarding();
        }

        @Override
        public String description() {
            return "no network";
        }
    }

    /** This host's own network, without privileges. */
    record User(List<PortForward> forwards) implements WireEnd {
        @Override
        public NetBackend open() throws IOException {
            return PasstBackend.start(forwards);
        }

        @Override
        public String description() {
            return "this host's network"
                    + (forwards.isEmpty()
                            ? ""
                            : forwards.stream().map(PortForward::toString).collect(Collectors.joining(", ", ", ", "")));
        }
    }

    /** A TAP device. */
    record TapDevice(String name) implements WireEnd {
        public TapDevice {
            Tap.checkName(name);
        }

        @Override
        public NetBackend open() throws IOException {
            return TapBackend.open(name);
        }

        @Override
        public String description() {
            return "TAP device " + name;
        }
    }

    /** Datagrams: to a peer, or from where there is none yet. */
    record Udp(@Nullable InetSocketAddress peer, @Nullable InetSocketAddress local) implements WireEnd {
        @Override
        public NetBackend open() throws IOException {
            if (peer != null) {
                return UdpBackend.to(peer, local);
            }
            if (local == null) {
                throw new IllegalStateException("neither peer nor local address");
            }
            return UdpBackend.listen(local);
        }

        @Override
        public String description() {
            return peer != null ? "UDP datagrams to " + text(peer) : "UDP datagrams at " + text(local);
        }
    }

    /** A stream with lengths in it. */
    record Stream(SocketAddress address, boolean listens) implements WireEnd {
        @Override
        public NetBackend open() throws IOException {
            return listens ? StreamBackend.listen(address) : StreamBackend.connect(address);
        }

        @Override
        public String description() {
            String protocol = address instanceof UnixDomainSocketAddress ? "unix stream " : "TCP stream ";
            return protocol + (listens ? "at " : "to ") + text(address);
        }
    }

    private static String text(@Nullable SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? inet.getAddress().getHostAddress() + ":" + inet.getPort()
                : String.valueOf(address);
    }
}
