// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

import dev.paravirt.toyos.abi.Errno;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The files below one directory, by the paths of URLs. No path leads out of it. */
final class HttpFiles {
    private static final Map<String, String> TYPES = Map.ofEntries(
            Map.entry("html", "text/html; charset=utf-8"),
            Map.entry("htm", "text/html; charset=utf-8"),
            Map.entry("txt", "text/plain; charset=utf-8"),
            Map.entry("md", "text/plain; charset=utf-8"),
            Map.entry("log", "text/plain; charset=utf-8"),
            Map.entry("css", "text/css; charset=utf-8"),
            Map.entry("js", "text/javascript; charset=utf-8"),
            Map.entry("json", "application/json"),
            Map.entry("xml", "application/xml"),
            Map.entry("pdf", "application/pdf"),
            Map.entry("zip", "application/zip"),
            Map.entry("gz", "application/gzip"),
            Map.entry("png", "image/png"),
            Map.entry("jpg", "image/jpeg"),
            Map.entry("jpeg", "image/jpeg"),
            Map.entry("gif", "image/gif"),
            Map.entry("svg", "image/svg+xml"),
            Map.entry("wasm", "application/wasm"));

    private final UserSpace user;
    private final String root;

    HttpFiles(UserSpace user, String root) {
        this.user = user;
        this.root = root.endsWith("/") ? root.substring(0, root.length() - 1) : root;
    }

    /**
     * The file that a URL's path, without its query, stands for.
     *
     * @return null if it is malformed, or would lead elsewhere
     */
    @Nullable
    String find(String urlPath) {
        String decoded = decode(urlPath);
        if (decoded == null || !decoded.startsWith("/")) {
            return null;
        }
        List<String> names = new ArrayList<>();
        for (String name : decoded.split("/")) {
            if (name.equals("..") || name.indexOf('\\') >= 0 || name.indexOf(':') >= 0) {
                return null;
            }
            if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        return root + "/" + String.join("/", names);
    }

    private static @Nullable String decode(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            int value = text.charAt(i);
            if (value == '%') {
                int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
                int low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    return null;
                }
                value = high << 4 | low;
                i += 2;
            }
            if (value < 0x20 || value == 0x7F) {
                return null;
            }
            bytes.write(value);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** What is there; null if nothing is. */
    UserSpace.@Nullable Status stat(String path) throws UserException {
        try {
            return user.stat(path);
        } catch (UserException failed) {
            if (failed.errno() == Errno.IO_ERROR || failed.errno() == Errno.CORRUPT) {
                throw failed;
            }
            return null;
        }
    }

    static String type(String path) {
        int dot = path.lastIndexOf('.');
        String extension = path.substring(dot + 1).toLowerCase(Locale.ROOT);
        return TYPES.getOrDefault(extension, "application/octet-stream");
    }

    /** A page with the entries of a directory. */
    byte[] listing(String path, String urlPath) throws UserException {
        StringBuilder page = new StringBuilder("<!DOCTYPE html>\n<meta charset=\"utf-8\"><title>" + escape(urlPath)
                + "</title>\n<h1>" + escape(urlPath) + "</h1>\n<pre>\n");
        if (!urlPath.equals("/")) {
            page.append("<a href=\"../\">../</a>\n");
        }
        int directory = user.open(path);
        for (UserSpace.Status entry = user.readDirectory(directory);
                entry != null;
                entry = user.readDirectory(directory)) {
            String name = entry.name() + (entry.directory() ? "/" : "");
            page.append("<a href=\"./")
                    .append(encode(entry.name()))
                    .append(entry.directory() ? "/" : "")
                    .append("\">")
                    .append(escape(name))
                    .append("</a>")
                    .append(entry.directory() ? "" : "  " + entry.size())
                    .append('\n');
        }
        user.close(directory);
        return page.append("</pre>\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    /** A name as it may stand in a URL. */
    private static String encode(String name) {
        StringBuilder text = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            boolean plain = c < 0x80 && (Character.isLetterOrDigit(c) || "-._~".indexOf(c) >= 0);
            text.append(plain ? String.valueOf(c) : String.format(Locale.ROOT, "%%%02X", (int) c));
        }
        return text.toString();
    }
}
