// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.vhostuser;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;

/** A long page on this host's loopback, which a guest finds at its gateway's address. */
final class HostPage implements AutoCloseable {
    private static final int BYTES = 4 << 20;

    private static final String SCRIPT = """
            cat > /tmp/lease <<'END'
            #!/bin/sh
            [ "$1" = bound ] || exit 0
            ip address add $ip/$mask dev $interface
            ip route add default via $router
            wget -q -O /tmp/page http://$router:PORT/
            END
            chmod +x /tmp/lease
            ip link set eth0 up
            udhcpc -n -q -i eth0 -s /tmp/lease
            echo the page is $(sha256sum /tmp/page)
            """;

    private final HttpServer server;
    private final byte[] content = new byte[BYTES];

    private HostPage(HttpServer server) {
        this.server = server;
        new Random(BYTES).nextBytes(content);
    }

    static HostPage serve() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        HostPage page = new HostPage(server);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, BYTES);
            exchange.getResponseBody().write(page.content);
            exchange.close();
        });
        server.start();
        return page;
    }

    /** What the guest does: it takes what address it is given, gets the page, and prints its checksum. */
    String script() {
        return SCRIPT.replace("PORT", String.valueOf(server.getAddress().getPort()));
    }

    /** What the guest is to print. */
    String checksum() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            return "the page is " + HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException everyPlatformHasIt) {
            throw new AssertionError(everyPlatformHasIt);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
