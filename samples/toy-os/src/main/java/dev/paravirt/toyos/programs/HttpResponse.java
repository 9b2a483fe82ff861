// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The answer of a server, header first, then its body piece by piece (RFC 9112). */
final class HttpResponse {
    private static final int MOST_HEADERS = 200;
    private static final int CONTINUE_CLASS = 1;
    private static final int NO_CONTENT = 204;
    private static final int NOT_MODIFIED = 304;
    private static final long UNKNOWN = -1;

    final int status;
    final String statusLine;
    private final HttpInput input;
    private final Map<String, String> headers = new HashMap<>();
    private final boolean chunked;
    private final long length;
    /** Of the body, or of the chunk; {@link #UNKNOWN} if the end of the connection is the end of the body. */
    private long left;

    private boolean behindChunk;
    private boolean finished;

    /** Reads the header. */
    HttpResponse(HttpInput input) throws UserException {
        this.input = input;
        String line = input.line();
        int code = parseStatus(line);
        readHeaders();
        while (code / 100 == CONTINUE_CLASS) {
            headers.clear();
            line = input.line();
            code = parseStatus(line);
            readHeaders();
        }
        status = code;
        statusLine = line.substring(line.indexOf(' ') + 1).strip();
        chunked = header("transfer-encoding").toLowerCase(Locale.ROOT).endsWith("chunked");
        boolean none = status == NO_CONTENT || status == NOT_MODIFIED;
        length = none ? 0 : contentLength();
        left = chunked ? 0 : length;
        finished = !chunked && length == 0;
    }

    private static int parseStatus(String line) throws UserException {
        String[] words = line.split(" ", 3);
        if (words.length >= 2 && words[0].startsWith("HTTP/1.") && words[1].matches("[1-5][0-9][0-9]")) {
            return Integer.parseInt(words[1]);
        }
        String shown = line.length() > 60 ? line.substring(0, 60) + "..." : line;
        throw new UserException("this is no HTTP server; it says: " + Texts.printable(shown), Errno.INVALID_ARGUMENT);
    }

    private void readHeaders() throws UserException {
        for (String line = input.line(); !line.isEmpty(); line = input.line()) {
            int colon = line.indexOf(':');
            if (colon <= 0 || headers.size() == MOST_HEADERS) {
                throw new UserException("the server sends a malformed header", Errno.INVALID_ARGUMENT);
            }
            String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
            headers.put(name, line.substring(colon + 1).strip());
        }
    }

    private long contentLength() throws UserException {
        String text = header("content-length");
        if (chunked || text.isEmpty()) {
            return UNKNOWN;
        }
        return number(text, 10, "Content-Length");
    }

    private static long number(String text, int radix, String what) throws UserException {
        try {
            long number = Long.parseLong(text, radix);
            if (number >= 0 && text.charAt(0) != '+') {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            // Said below.
        }
        throw new UserException("the server sends a " + what + " of " + Texts.printable(text), Errno.INVALID_ARGUMENT);
    }

    /** A header's value, empty if there is none. */
    String header(String name) {
        return headers.getOrDefault(name, "");
    }

    /** Where a redirection leads to; null if this is none. */
    @Nullable
    String location() {
        return status / 100 == 3 && status != NOT_MODIFIED ? headers.get("location") : null;
    }

    /** Bytes of the body, or -1 if the server does not say. */
    long length() {
        return length;
    }

    /**
     * Takes the next piece of the body, which then lies at {@link HttpInput#address}.
     *
     * @return its length; 0 at the end
     * @throws UserException if the connection ends before the body
     */
    int next() throws UserException {
        if (chunked && left == 0 && !finished) {
            beginChunk();
        }
        if (finished) {
            return 0;
        }
        int count = input.take(left == UNKNOWN ? Integer.MAX_VALUE : left);
        if (count == 0 && left != UNKNOWN) {
            throw new UserException(
                    "the server ended the connection in the middle of its answer", Errno.CONNECTION_RESET);
        }
        if (left == UNKNOWN) {
            finished = count == 0;
            return count;
        }
        left -= count;
        finished = left == 0 && !chunked;
        return count;
    }

    private void beginChunk() throws UserException {
        if (behindChunk && !input.line().isEmpty()) {
            throw new UserException("the server sends a malformed chunk", Errno.INVALID_ARGUMENT);
        }
        behindChunk = true;
        String line = input.line();
        int extension = line.indexOf(';');
        left = number((extension < 0 ? line : line.substring(0, extension)).strip(), 16, "chunk length");
        if (left == 0) {
            finished = true;
            readTrailers();
        }
    }

    private void readTrailers() throws UserException {
        for (int i = 0; !input.line().isEmpty(); i++) {
            if (i == MOST_HEADERS) {
                throw new UserException("the server sends too many trailers", Errno.INVALID_ARGUMENT);
            }
        }
    }
}
