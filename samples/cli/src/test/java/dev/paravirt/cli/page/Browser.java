// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.page;

import dev.paravirt.cli.demo.Peers;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A headless Chromium with one page, told what to do by the Chrome DevTools Protocol over a pair of pipes. For one thread.
 * A test that finds no Chromium is skipped, or fails where peers must be.
 */
public final class Browser implements AutoCloseable {
    private static final Pattern EVENT = Pattern.compile("\\{\"method\":\"([^\"]+)\"");
    private static final long PATIENCE_SECONDS = 60;

    private final Path profile;
    private final Process process;
    private final InputStream replies;
    private final List<String> complaints = new ArrayList<>();
    private final List<String> requests = new ArrayList<>();
    private final String session;
    private int lastId;

    private Browser(Path profile, Process process) throws IOException {
        this.profile = profile;
        this.process = process;
        this.replies = new BufferedInputStream(process.getInputStream());
        String target = field(command("", "Target.createTarget", "\"url\":\"about:blank\""), "targetId");
        String attached = command("", "Target.attachToTarget", "\"targetId\":\"" + target + "\",\"flatten\":true");
        this.session = ",\"sessionId\":\"" + field(attached, "sessionId") + "\"";
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            tell(domain + ".enable", "");
        }
    }

    /** Starts one; the test is its watchdog. */
    public static Browser start() throws IOException {
        Path chromium = Peers.require("chromium", "chromium").program();
        Path profile = Files.createTempDirectory("paravirt-browser");
        // It takes commands from descriptor 3 and answers on descriptor 4, each message ended by a zero byte.
        String line = "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>\"$LOG\"";
        ProcessBuilder builder = new ProcessBuilder(
                "sh",
                "-c",
                line,
                chromium.toString(),
                "--headless=new",
                "--no-sandbox", // which it does not have as root; it opens nothing but our own page
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--remote-debugging-pipe",
                "--user-data-dir=" + profile);
        builder.environment().put("LOG", profile.resolve("log").toString());
        Process process = builder.start();
        try {
            return new Browser(profile, process);
        } catch (IOException | RuntimeException failure) {
            end(process);
            throw failure;
        }
    }

    /**
     * Opens a page and waits until it is loaded.
     *
     * @param width of the window in CSS pixels
     * @param phone whether it is a phone's, with two device pixels for each
     */
    public void open(Path page, int width, int height, boolean phone) throws IOException {
        tell(
                "Emulation.setDeviceMetricsOverride",
                "\"width\":" + width + ",\"height\":" + height + ",\"deviceScaleFactor\":" + (phone ? 2 : 1)
                        + ",\"mobile\":" + phone);
        tell("Page.navigate", "\"url\":\"" + page.toUri() + "\"");
        awaitEvent("Page.loadEventFired");
    }

    /** Whether pages are to be shown as people want them who work at night. */
    public void preferDark(boolean dark) throws IOException {
        tell(
                "Emulation.setEmulatedMedia",
                "\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"" + (dark ? "dark" : "light") + "\"}]");
    }

    /** Evaluates JavaScript in the page; the result as a string. */
    public String evaluate(String expression) throws IOException {
        String quoted = expression.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
        String reply = tell(
                "Runtime.evaluate", "\"returnByValue\":true,\"expression\":\"encodeURIComponent(" + quoted + ")\"");
        if (reply.contains("\"exceptionDetails\"")) {
            throw new IOException("the page threw: " + reply);
        }
        return URLDecoder.decode(field(reply, "value"), StandardCharsets.UTF_8);
    }

    /** The whole page, to its end, as PNG. */
    public byte[] picture() throws IOException {
        return data(tell("Page.captureScreenshot", "\"captureBeyondViewport\":true"));
    }

    /** The page as it prints, as PDF. */
    public byte[] print() throws IOException {
        return data(tell("Page.printToPDF", "\"preferCSSPageSize\":true,\"printBackground\":false"));
    }

    private static byte[] data(String reply) throws IOException {
        return Base64.getDecoder().decode(field(reply, "data"));
    }

    /** Errors that pages ran into, and what they wrote to the console. */
    public List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** All that pages loaded, themselves among it. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    private String tell(String method, String parameters) throws IOException {
        return command(session, method, parameters);
    }

    private String command(String where, String method, String parameters) throws IOException {
        int id = ++lastId;
        String message =
                "{\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":{" + parameters + "}" + where + "}";
        process.getOutputStream().write((message + "\0").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        String reply = next();
        while (!reply.startsWith("{\"id\":" + id + ",")) {
            reply = next();
        }
        if (reply.contains("\"error\":{\"code\"")) {
            throw new IOException(method + ": " + reply);
        }
        return reply;
    }

    private void awaitEvent(String method) throws IOException {
        String message = next();
        while (!message.startsWith("{\"method\":\"" + method + "\"")) {
            message = next();
        }
    }

    /** The next message; takes note of what a page complains about or loads. */
    private String next() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int read = replies.read();
        while (read > 0) {
            bytes.write(read);
            read = replies.read();
        }
        if (read < 0) {
            throw new IOException("Chromium ended: " + Files.readString(profile.resolve("log")));
        }
        String message = bytes.toString(StandardCharsets.UTF_8);
        Matcher event = EVENT.matcher(message);
        if (event.lookingAt()) {
            switch (event.group(1)) {
                case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded" -> complaints.add(message);
                case "Network.requestWillBeSent" -> requests.add(field(message, "url"));
                default -> {}
            }
        }
        return message;
    }

    private static String field(String message, String name) throws IOException {
        Matcher matcher = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(message);
        if (!matcher.find()) {
            throw new IOException("no " + name + " in " + message);
        }
        return matcher.group(1);
    }

    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    @Override
    public void close() throws IOException {
        try {
            command("", "Browser.close", "");
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                end(process);
            }
        } catch (InterruptedException early) {
            Thread.currentThread().interrupt();
            end(process);
        } catch (IOException gone) {
            end(process);
        }
        try (Stream<Path> files = Files.walk(profile)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
