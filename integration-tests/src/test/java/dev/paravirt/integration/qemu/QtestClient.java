// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.integration.qemu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * QEMU's test protocol: lines of text, by which a test does what a CPU would. Reads and writes of device registers are
 * commands with an answer; changes of interrupt lines come in between. For one thread.
 */
final class QtestClient implements AutoCloseable {
    private static final long ANSWER_NANOS = 20_000_000_000L;
    private static final String WIDTHS = "?bw?l???q";

    private final SocketChannel socket;
    private final Selector selector;
    private final ByteBuffer received = ByteBuffer.allocate(4096).flip();
    private final StringBuilder line = new StringBuilder();
    private final BitSet raised = new BitSet();

    QtestClient(SocketChannel socket) throws IOException {
        this.socket = socket;
        this.selector = Selector.open();
        socket.configureBlocking(false);
        socket.register(selector, SelectionKey.OP_READ);
        command("irq_intercept_in ioapic");
    }

    /** @param width bytes: 1, 2, 4 or 8 */
    long read(long address, int width) {
        return number(command("read" + WIDTHS.charAt(width) + " " + hex(address)));
    }

    void write(long address, int width, long value) {
        command("write" + WIDTHS.charAt(width) + " " + hex(address) + " " + hex(value));
    }

    /** Reads 32 bits of an I/O port. */
    int readPort(int port) {
        return (int) number(command("inl " + hex(port)));
    }

    /** Writes 32 bits to an I/O port. */
    void writePort(int port, int value) {
        command("outl " + hex(port) + " " + hex(value & 0xffffffffL));
    }

    private static long number(String answer) {
        return Long.parseUnsignedLong(answer.substring(answer.indexOf("0x") + 2), 16);
    }

    /** Whether an interrupt line is high, as far as QEMU has told. */
    boolean isRaised(int interrupt) {
        return raised.get(interrupt);
    }

    /** Waits until QEMU says something of an interrupt line, at most so long; a negative number is for ever. */
    void awaitInterrupts(long timeoutNanos) {
        String text = nextLine(timeoutNanos);
        if (text != null && !takeInterrupt(text)) {
            throw new IllegalStateException("QEMU answers what nobody asked: " + text);
        }
    }

    private static String hex(long number) {
        return "0x" + Long.toHexString(number);
    }

    private String command(String command) {
        send(command + "\n");
        while (true) {
            String text = nextLine(ANSWER_NANOS);
            if (text == null) {
                throw new IllegalStateException("QEMU does not answer: " + command);
            }
            if (takeInterrupt(text)) {
                continue;
            }
            if (!text.startsWith("OK")) {
                throw new IllegalStateException("QEMU answers " + command + " with " + text);
            }
            return text;
        }
    }

    private boolean takeInterrupt(String text) {
        if (!text.startsWith("IRQ ")) {
            return false;
        }
        String[] words = text.toLowerCase(Locale.ROOT).split(" ");
        raised.set(Integer.parseInt(words[2]), words[1].equals("raise"));
        return true;
    }

    private void send(String text) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
        try {
            // A command is far smaller than a socket's buffer, and the one before it has been answered.
            while (bytes.hasRemaining()) {
                socket.write(bytes);
            }
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    /** The next line, or null when time has run out. */
    private @Nullable String nextLine(long timeoutNanos) {
        long start = System.nanoTime();
        try {
            while (true) {
                while (received.hasRemaining()) {
                    char next = (char) received.get();
                    if (next == '\n') {
                        String text = line.toString();
                        line.setLength(0);
                        return text;
                    }
                    line.append(next);
                }
                received.clear();
                int count = socket.read(received);
                received.flip();
                if (count < 0) {
                    throw new IOException("QEMU has closed its test socket");
                }
                if (count == 0 && !await(timeoutNanos, start)) {
                    return null;
                }
            }
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    private boolean await(long timeoutNanos, long start) throws IOException {
        long left = timeoutNanos - (System.nanoTime() - start);
        if (timeoutNanos >= 0 && left <= 0) {
            return false;
        }
        // Zero would be for ever, and a millisecond too long does no harm.
        selector.select(timeoutNanos < 0 ? 0 : left / 1_000_000 + 1);
        selector.selectedKeys().clear();
        return true;
    }

    @Override
    public void close() throws IOException {
        selector.close();
        socket.close();
    }
}
