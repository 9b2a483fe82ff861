// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import dev.paravirt.backend.net.NetBackend;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a network device is connected to, as a line of text such as {@code udp=127.0.0.1:7000,delay=50ms}: for command
 * lines. {@link #SYNTAX} has all of it. Nothing is opened before {@link #open}.
 */
public final class Wire {
    /** What {@link #parse} takes, for a help text: lines of up to 80 characters, the last one ended too. */
    public static final String SYNTAX = """
        none            no network
        user            what this host reaches, through passt, without privileges;
                        user,tcp=8080:80,udp=5353:53 forwards ports of this host
        tap=NAME        a TAP device of Linux, as made by
                        "ip tuntap add dev NAME mode tap user $USER"
        udp=HOST:PORT   a frame a datagram, as socat and QEMU's -netdev dgram have it;
                        ,local=[HOST:]PORT says where to receive
        tcp=HOST:PORT   frames behind their lengths, as QEMU's -netdev stream has it
        unix=PATH       the same over a unix socket
        listen=udp:[HOST:]PORT, listen=tcp:[HOST:]PORT, listen=unix:PATH
                        the same, but the peer comes to us
        To each can be added:
        ,capture=FILE   writes all frames to a pcapng file, which Wireshark opens
        ,loss=1%,duplicate=1%,reorder=1%,delay=50ms,jitter=5ms,rate=10M,limit=1000
                        what networks do to frames, each way; ,seed=2 for other luck
        """;

    private final String text;
    private final WireEnd end;
    private final @Nullable Shape shape;
    private final @Nullable Path capture;

    private Wire(String text, WireEnd end, @Nullable Shape shape, @Nullable Path capture) {
        this.text = text;
        this.end = end;
        this.shape = shape;
        this.capture = capture;
    }

    /**
     * Reads the text.
     *
     * @throws IllegalArgumentException if it is none; the message says what is wrong, and is fit for a user
     */
    public static Wire parse(String text) {
        WireText options = WireText.split(text);
        WireEnd end = WireEnd.of(options);
        Shape shape = ShapeText.shape(options);
        String capture = options.take("capture");
        options.checkEmpty();
        return new Wire(text, end, shape, capture == null ? null : Path.of(capture));
    }

    /** Whether there shall be no network: then no device is needed either, and {@link #open} is a network without peers. */
    public boolean isNone() {
        return end instanceof WireEnd.None;
    }

    /**
     * Opens sockets, devices and files, and starts programs, as the text says.
     *
     * @return to be given to a device, or closed
     * @throws IOException if something cannot be opened; the message says what to do about it
     */
    public NetBackend open() throws IOException {
        NetBackend backend = end.open();
        if (shape != null) {
            backend = new ShapedBackend(backend, shape);
        }
        return capture == null ? backend : CapturedBackend.of(backend, capture);
    }

    /** Says in a few words what the other end is, such as {@code "UDP datagrams to 127.0.0.1:7000, shaped"}. */
    public String description() {
        return end.description()
                + (shape == null ? "" : ", shaped")
                + (capture == null ? "" : ", captured in " + capture);
    }

    /** The text it was made from. */
    @Override
    public String toString() {
        return text;
    }
}
