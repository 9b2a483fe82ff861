// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;

/** What a server sends: lines, and then bytes, which stay where they were received. */
final class HttpInput {
    private static final int MOST_LINE = 16 << 10;

    private final UserSpace user;
    private final int fd;
    private final String source;
    private int at;
    private int end;
    private int taken;

    /** @param source what it is that is read, for complaints */
    HttpInput(UserSpace user, int fd, String source) {
        this.source = source;
        this.user = user;
        this.fd = fd;
    }

    /** Makes sure that there is something; false at the end of the stream. */
    private boolean fill() throws UserException {
        if (at == end) {
            at = 0;
            end = user.read(fd, source);
        }
        return end > 0;
    }

    /** The next line, without its end. */
    String line() throws UserException {
        StringBuilder line = new StringBuilder();
        while (fill()) {
            char c = (char) (user.memory()[UserSpace.BUFFER + at++] & 0xFF);
            if (c == '\n') {
                int last = line.length() - 1;
                return last >= 0 && line.charAt(last) == '\r' ? line.substring(0, last) : line.toString();
            }
            line.append(c);
            if (line.length() > MOST_LINE) {
                throw new UserException("the server sends a line of over " + MOST_LINE + " bytes", Errno.TOO_LARGE);
            }
        }
        throw new UserException(
                line.isEmpty() ? "the server ended the connection without an answer" : "the answer is cut off",
                Errno.CONNECTION_RESET);
    }

    /**
     * Takes bytes, up to {@code most}, which then lie at {@link #address}.
     *
     * @return how many; 0 at the end of the stream
     */
    int take(long most) throws UserException {
        if (!fill()) {
            return 0;
        }
        int count = (int) Math.min(most, end - at);
        at += count;
        taken = count;
        return count;
    }

    /** Where in memory the bytes are that were taken last. */
    int address() {
        return UserSpace.BUFFER + at - taken;
    }
}
