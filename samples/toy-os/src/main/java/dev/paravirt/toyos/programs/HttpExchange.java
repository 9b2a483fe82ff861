// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import dev.paravirt.toyos.abi.Layout;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One client's connection: reads a request, answers it bit by bit as there is room, and goes on with the next. */
final class HttpExchange {
    private static final int MOST_REQUEST = 16 << 10;
    private static final int CHUNK = 128 << 10;
    /** So that one client does not keep the others waiting for long. */
    private static final int CHUNKS_A_TURN = 8;

    final int fd;
    boolean ended;
    long lastProgress;

    private final UserSpace user;
    private final Sockets sockets;
    private final HttpFiles files;
    private final Sockets.Endpoint peer;
    private final byte[] request = new byte[MOST_REQUEST];
    private int requestLength;

    /** The header of the answer, and with it a body that is no file. */
    private byte[] head = {};

    private int headSent;
    private int file = -1;
    private long fileLeft;
    private long filePosition;
    private boolean answering;
    private boolean keepAlive;
    private @Nullable String logged;

    HttpExchange(UserSpace user, Sockets sockets, HttpFiles files, Sockets.Accepted accepted, long now) {
        this.user = user;
        this.sockets = sockets;
        this.files = files;
        fd = accepted.fd();
        peer = accepted.peer();
        lastProgress = now;
    }

    /** What to wait for, as {@code Layout.POLL_...}. */
    int wants() {
        return answering ? Layout.POLL_WRITABLE : Layout.POLL_READABLE;
    }

    /** What was answered since this was asked the last time; null if nothing was. */
    @Nullable
    String takeLogged() {
        String line = logged;
        logged = null;
        return line;
    }

    /** @param last whether the next request is the last one */
    void proceed(boolean last) throws UserException {
        if (!answering && !readRequest(last)) {
            return;
        }
        sendAnswer();
        if (!answering && !keepAlive) {
            end();
        } else if (!answering) {
            // The next request may have come together with this one.
            takeRequest(last);
        }
    }

    void end() throws UserException {
        ended = true;
        closeFile();
        user.close(fd);
    }

    private void closeFile() throws UserException {
        if (file >= 0) {
            user.close(file);
            file = -1;
        }
    }

    /** Returns whether there is an answer to be sent. */
    private boolean readRequest(boolean last) throws UserException {
        int count = read();
        if (count < 0) {
            return false;
        }
        if (count == 0) {
            end();
            return false;
        }
        System.arraycopy(user.memory(), UserSpace.BUFFER, request, requestLength, count);
        requestLength += count;
        return takeRequest(last);
    }

    private boolean takeRequest(boolean last) throws UserException {
        int end = headerEnd();
        if (end < 0) {
            if (requestLength < MOST_REQUEST) {
                return false;
            }
            answerError("?", "431 Request Header Fields Too Large", false);
            return true;
        }
        String header = new String(request, 0, end, StandardCharsets.ISO_8859_1);
        requestLength -= end;
        System.arraycopy(request, end, request, 0, requestLength);
        try {
            answer(header, last);
        } catch (UserException failed) {
            closeFile();
            answerError("?", "500 Internal Server Error", false);
        }
        return true;
    }

    /** Returns -1 if there is nothing yet. */
    private int read() throws UserException {
        try {
            return user.read(fd, UserSpace.BUFFER, MOST_REQUEST - requestLength);
        } catch (UserException failed) {
            if (failed.errno() == Errno.NOT_YET) {
                return -1;
            }
            throw failed;
        }
    }

    private int headerEnd() {
        for (int i = 3; i < requestLength; i++) {
            if (request[i] == '\n' && request[i - 1] == '\r' && request[i - 2] == '\n' && request[i - 3] == '\r') {
                return i + 1;
            }
        }
        return -1;
    }

    private void answer(String header, boolean last) throws UserException {
        String[] lines = header.split("\r\n", -1);
        String[] words = lines[0].split(" ", -1);
        String shown = Texts.printable(lines[0].length() > 200 ? lines[0].substring(0, 200) : lines[0]);
        if (words.length != 3 || !words[2].startsWith("HTTP/1.")) {
            answerError(shown, "400 Bad Request", false);
            return;
        }
        String connection = header(lines, "connection").toLowerCase(Locale.ROOT);
        boolean body = !header(lines, "content-length").isEmpty()
                || !header(lines, "transfer-encoding").isEmpty();
        boolean stays = words[2].equals("HTTP/1.0") ? connection.contains("keep-alive") : !connection.contains("close");
        // A body, which no request that is answered here has, would be taken for the next request.
        keepAlive = stays && !body && !last;
        boolean headOnly = words[0].equals("HEAD");
        if (!headOnly && !words[0].equals("GET")) {
            answerError(shown, "405 Method Not Allowed", false);
            return;
        }
        int query = words[1].indexOf('?');
        answerPath(shown, query < 0 ? words[1] : words[1].substring(0, query), headOnly);
    }

    private static String header(String[] lines, String name) {
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon > 0 && lines[i].substring(0, colon).equalsIgnoreCase(name)) {
                return lines[i].substring(colon + 1).strip();
            }
        }
        return "";
    }

    private void answerPath(String shown, String urlPath, boolean headOnly) throws UserException {
        String path = files.find(urlPath);
        UserSpace.Status status = path == null ? null : files.stat(path);
        if (path == null || status == null) {
            answerError(shown, path == null ? "400 Bad Request" : "404 Not Found", headOnly);
            return;
        }
        if (status.directory() && !urlPath.endsWith("/")) {
            begin(
                    shown,
                    "301 Moved Permanently",
                    "Location: " + urlPath + "/\r\n",
                    "text/plain",
                    new byte[0],
                    headOnly);
            return;
        }
        if (status.directory()) {
            String index = path.endsWith("/") ? path + "index.html" : path + "/index.html";
            UserSpace.Status page = files.stat(index);
            if (page == null || page.directory()) {
                byte[] listing = files.listing(path, Texts.printable(urlPath));
                begin(shown, "200 OK", "", "text/html; charset=utf-8", listing, headOnly);
                return;
            }
            answerFile(shown, index, page.size(), headOnly);
            return;
        }
        answerFile(shown, path, status.size(), headOnly);
    }

    private void answerFile(String shown, String path, long size, boolean headOnly) throws UserException {
        if (!headOnly && size > 0) {
            file = user.open(path);
            fileLeft = size;
            filePosition = 0;
        }
        beginHead(shown, "200 OK", "", HttpFiles.type(path), size);
    }

    private void answerError(String shown, String status, boolean headOnly) {
        keepAlive &= headOnly || status.startsWith("404");
        String allow = status.startsWith("405") ? "Allow: GET, HEAD\r\n" : "";
        byte[] text = (status + "\n").getBytes(StandardCharsets.UTF_8);
        begin(shown, status, allow, "text/plain; charset=utf-8", text, headOnly);
    }

    private void begin(String shown, String status, String fields, String type, byte[] body, boolean headOnly) {
        beginHead(shown, status, fields, type, body.length);
        if (!headOnly) {
            byte[] whole = new byte[head.length + body.length];
            System.arraycopy(head, 0, whole, 0, head.length);
            System.arraycopy(body, 0, whole, head.length, body.length);
            head = whole;
        }
    }

    private void beginHead(String shown, String status, String fields, String type, long length) {
        String text = "HTTP/1.1 " + status + "\r\nServer: toyos\r\n" + fields + "Content-Type: " + type
                + "\r\nContent-Length: " + length + "\r\nConnection: " + (keepAlive ? "keep-alive" : "close")
                + "\r\n\r\n";
        head = text.getBytes(StandardCharsets.ISO_8859_1);
        headSent = 0;
        answering = true;
        logged = Sockets.format(peer.address()) + " \"" + shown + "\" " + status.substring(0, 3) + " " + length;
    }

    private void sendAnswer() throws UserException {
        for (int turn = 0; turn < CHUNKS_A_TURN && answering; turn++) {
            int first = Math.min(head.length - headSent, CHUNK);
            System.arraycopy(head, headSent, user.memory(), UserSpace.BUFFER, first);
            int second = 0;
            if (file >= 0) {
                user.seek(file, filePosition);
                int most = (int) Math.min(fileLeft, CHUNK);
                second = user.read(file, UserSpace.BUFFER + first, most);
                if (second == 0 && most > 0) {
                    throw new UserException("the file became shorter", Errno.IO_ERROR);
                }
            }
            int sent = writeSome(first + second);
            if (sent == 0) {
                return;
            }
            int ofHead = Math.min(sent, first);
            headSent += ofHead;
            filePosition += sent - ofHead;
            fileLeft -= sent - ofHead;
            answering = headSent < head.length || file >= 0 && fileLeft > 0;
        }
        if (!answering) {
            closeFile();
        }
    }

    /** Returns 0 if there is no room. */
    private int writeSome(int length) throws UserException {
        try {
            return sockets.writeSome(fd, UserSpace.BUFFER, length);
        } catch (UserException failed) {
            if (failed.errno() == Errno.NOT_YET) {
                return 0;
            }
            throw failed;
        }
    }
}
