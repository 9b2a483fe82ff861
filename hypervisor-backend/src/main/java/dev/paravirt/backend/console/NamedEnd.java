// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.console;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The end of a console as a command line names it: {@value #FORMS}.
 *
 * @param end is open, and the caller's to close until it belongs to a device
 * @param description where the console is, for the user: "the console is on /dev/pts/3"
 */
public record NamedEnd(ConsoleEnd end, String description) {
    /** What {@link #open} takes. */
    public static final String FORMS = "stdio, pty, unix=PATH, tcp=HOST:PORT or file=PATH";

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LARGEST_PORT = 0xffff;

    /**
     * Opens an end. Those that wait for somebody to come wait ten seconds for output to be taken, then drop what they
     * have no room for.
     *
     * @param option one of {@link #FORMS}; the host of tcp may be empty, for this machine alone, an IPv6 address stands in
     *     brackets, and port 0 is any free one
     * @param leave for stdio, run on a thread of its own when the user asks to leave by Ctrl-A X
     * @throws IllegalArgumentException if it is none of them; the message is for the user
     * @throws IOException if it cannot be opened
     */
    public static NamedEnd open(String option, Runnable leave) throws IOException {
        int equals = option.indexOf('=');
        String kind = equals < 0 ? option : option.substring(0, equals);
        String argument = equals < 0 ? "" : option.substring(equals + 1);
        boolean takesArgument = !kind.equals("stdio") && !kind.equals("pty");
        if (takesArgument == argument.isEmpty() || (!takesArgument && equals >= 0)) {
            throw new IllegalArgumentException("no console: \"" + printable(option) + "\"; it is one of " + FORMS);
        }
        return switch (kind) {
            case "stdio" -> terminal(leave);
            case "pty" -> pseudoTerminal();
            case "unix" -> unix(Path.of(argument));
            case "tcp" -> tcp(argument);
            case "file" ->
                new NamedEnd(StreamEnd.appendingTo(Path.of(argument)), "the console is written to " + argument);
            default ->
                throw new IllegalArgumentException("no console: \"" + printable(option) + "\"; it is one of " + FORMS);
        };
    }

    private static NamedEnd terminal(Runnable leave) throws IOException {
        TerminalEnd end = TerminalEnd.standard(leave);
        return new NamedEnd(end, "the console is here" + (end.isTerminal() ? "; " + TerminalEnd.keys() : ""));
    }

    private static NamedEnd pseudoTerminal() throws IOException {
        PseudoTerminalEnd end = new PseudoTerminalEnd(PATIENCE);
        return new NamedEnd(end, "the console is on " + end.path());
    }

    private static NamedEnd unix(Path path) throws IOException {
        return new NamedEnd(
                SocketEnd.listen(UnixDomainSocketAddress.of(path), PATIENCE), "the console is on the socket " + path);
    }

    private static NamedEnd tcp(String argument) throws IOException {
        int colon = argument.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("tcp=HOST:PORT lacks its port: " + printable(argument));
        }
        String host = argument.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]") && host.length() > 2;
        String bare = bracketed ? host.substring(1, host.length() - 1) : host;
        if (!bracketed && bare.indexOf(':') >= 0) {
            throw new IllegalArgumentException("an IPv6 address stands in brackets: " + printable(argument));
        }
        InetSocketAddress address =
                new InetSocketAddress(bare.isEmpty() ? "localhost" : bare, port(argument.substring(colon + 1)));
        if (address.isUnresolved()) {
            throw new IOException("no such host: " + printable(bare));
        }
        SocketEnd end = SocketEnd.listen(address, PATIENCE);
        return new NamedEnd(end, "the console is on tcp " + end.address());
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port >= 0 && port <= LARGEST_PORT) {
                return port;
            }
        } catch (NumberFormatException noNumber) {
            throw new IllegalArgumentException("a TCP port is 0 to 65535: " + printable(text), noNumber);
        }
        throw new IllegalArgumentException("a TCP port is 0 to 65535: " + printable(text));
    }

    private static String printable(String text) {
        return Printable.of(text);
    }
}
