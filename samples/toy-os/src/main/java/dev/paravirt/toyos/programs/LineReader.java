// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads a descriptor line by line. Of a terminal, it takes no more than it needs; of files and pipes, what comes. */
final class LineReader {
    private static final int LONGEST = 64 << 10;

    private final UserSpace user;
    private final int fd;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private byte[] piece = {};
    private int at;

    LineReader(UserSpace user, int fd) {
        this.user = user;
        this.fd = fd;
    }

    /** The next line without its newline, or null at the end; one that is too long comes in parts. */
    @Nullable
    String next() throws UserException {
        while (true) {
            if (at == piece.length && !fill()) {
                return line.size() == 0 ? null : take();
            }
            while (at < piece.length) {
                byte c = piece[at++];
                if (c == '\n') {
                    return take();
                }
                line.write(c);
                if (line.size() == LONGEST) {
                    return take();
                }
            }
        }
    }

    private boolean fill() throws UserException {
        int length = user.read(fd);
        piece = new byte[length];
        System.arraycopy(user.memory(), UserSpace.BUFFER, piece, 0, length);
        at = 0;
        return length > 0;
    }

    private String take() {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }
}
