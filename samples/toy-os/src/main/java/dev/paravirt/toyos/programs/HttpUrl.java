// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;

/** What {@code httpget} is asked for: {@code http://HOST[:PORT][/PATH]}. */
record HttpUrl(String host, int port, String path) {
    private static final String SCHEME = "http://";
    private static final int DEFAULT_PORT = 80;

    static HttpUrl parse(String text) throws UserException {
        String rest = text.startsWith(SCHEME) ? text.substring(SCHEME.length()) : text;
        int slash = rest.indexOf('/');
        String authority = slash < 0 ? rest : rest.substring(0, slash);
        String path = slash < 0 ? "/" : rest.substring(slash);
        int fragment = path.indexOf('#');
        path = fragment < 0 ? path : path.substring(0, fragment);
        int colon = authority.indexOf(':');
        String host = colon < 0 ? authority : authority.substring(0, colon);
        int port = colon < 0 ? DEFAULT_PORT : port(authority.substring(colon + 1));
        boolean printable = path.chars().allMatch(c -> c > ' ' && c < 0x7F);
        if (rest.contains("://") || host.isEmpty() || authority.contains("@") || port < 1 || !printable) {
            throw new UserException(
                    text + " is no address that can be fetched: http://HOST[:PORT]/PATH", Errno.INVALID_ARGUMENT);
        }
        return new HttpUrl(host, port, path);
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            return port <= 0xFFFF ? port : -1;
        } catch (NumberFormatException notANumber) {
            return -1;
        }
    }

    /** Where a redirection leads to, seen from here. */
    HttpUrl follow(String location) throws UserException {
        if (location.startsWith("/") && !location.startsWith("//")) {
            return new HttpUrl(host, port, location);
        }
        if (location.contains("://")) {
            return parse(location);
        }
        return new HttpUrl(host, port, path.substring(0, path.lastIndexOf('/') + 1) + location);
    }

    /** As a Host header has it. */
    String authority() {
        return port == DEFAULT_PORT ? host : host + ":" + port;
    }

    /** Its last name, for a file. */
    String fileName() {
        int query = path.indexOf('?');
        String bare = query < 0 ? path : path.substring(0, query);
        return bare.substring(bare.lastIndexOf('/') + 1);
    }

    @Override
    public String toString() {
        return SCHEME + authority() + path;
    }
}
