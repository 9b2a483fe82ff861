// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The {@code key=value} parts of a wire's text; each is taken once, and what is left at the end is a mistake. */
final class WireText {
    private static final String LOOPBACK = "127.0.0.1";

    private final List<Part> parts;

    /** @param value empty if there is no equals sign */
    private record Part(String key, String value) {
        static Part of(String text) {
            int equals = text.indexOf('=');
            return equals < 0 ? new Part(text, "") : new Part(text.substring(0, equals), text.substring(equals + 1));
        }
    }

    private WireText(List<Part> parts) {
        this.parts = parts;
    }

    static WireText split(String text) {
        List<Part> parts = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            if (part.isBlank()) {
                throw new IllegalArgumentException(
                        text.isBlank() ? "what the network is connected to is missing" : "an empty option in " + text);
            }
            parts.add(Part.of(part.strip()));
        }
        return new WireText(parts);
    }

    /** The key of the first part that is left, which stays. */
    String first() {
        return parts.getFirst().key;
    }

    /** Takes the value of a key, or null if there is none left. */
    @Nullable
    String take(String key) {
        for (Part part : parts) {
            if (part.key.equals(key)) {
                parts.remove(part);
                if (part.value.isEmpty()) {
                    throw new IllegalArgumentException(key + " needs a value, as in " + key + "=...");
                }
                return part.value;
            }
        }
        return null;
    }

    /** Takes the value of a key that must be there. */
    String require(String key) {
        String value = take(key);
        if (value == null) {
            throw new IllegalArgumentException(key + " is missing");
        }
        return value;
    }

    /** Takes a key without a value. */
    void takeFlag(String key) {
        Part part = parts.removeFirst();
        if (!part.key.equals(key) || !part.value.isEmpty()) {
            throw new IllegalArgumentException(key + " takes no value");
        }
    }

    /** Takes all values of a key. */
    List<String> takeAll(String key) {
        List<String> values = new ArrayList<>();
        for (String value = take(key); value != null; value = take(key)) {
            values.add(value);
        }
        return values;
    }

    void checkEmpty() {
        if (!parts.isEmpty()) {
            throw new IllegalArgumentException("not understood, given twice, or of no use here: "
                    + parts.stream().map(Part::key).collect(Collectors.joining(", ")));
        }
    }

    /** {@code HOST:PORT}, or {@code [HOST]:PORT} for IPv6. */
    static InetSocketAddress peer(String key, String text) {
        int colon = text.lastIndexOf(':');
        if (colon <= 0) {
            throw new IllegalArgumentException(key + " is HOST:PORT, such as 127.0.0.1:7000, not " + text);
        }
        int port = port(key, text.substring(colon + 1));
        if (port == 0) {
            throw new IllegalArgumentException(key + " needs a port from 1 on: " + text);
        }
        return new InetSocketAddress(host(key, text.substring(0, colon)), port);
    }

    /** {@code [HOST:]PORT}, where 0 is any free port. */
    static InetSocketAddress local(String key, String text) {
        int colon = text.lastIndexOf(':');
        String host = colon <= 0 ? LOOPBACK : text.substring(0, colon);
        return new InetSocketAddress(host(key, host), port(key, text.substring(colon + 1)));
    }

    private static InetAddress host(String key, String text) {
        String host = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        if (host.indexOf(':') >= 0 && host.equals(text)) {
            throw new IllegalArgumentException(
                    key + " takes an IPv6 address in brackets, as in [::1]:7000, not " + text);
        }
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException unknown) {
            throw new IllegalArgumentException(key + ": there is no host called " + host, unknown);
        }
    }

    static int port(String key, String text) {
        int port = text.matches("\\d{1,5}") ? Integer.parseInt(text) : -1;
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException(key + ": a port is a number up to 65535, not " + text);
        }
        return port;
    }
}
