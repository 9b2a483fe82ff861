// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A line that the toy OS printed for programs: {@code @toyos} and a JSON object of texts and numbers. The guest may
 * print anything, so whatever is not such a line is none.
 */
final class ReportLine {
    private static final String PREFIX = "@toyos {";

    private final Map<String, String> fields = new HashMap<>();
    private final String text;
    private int at;

    private ReportLine(String text) {
        this.text = text;
        this.at = PREFIX.length();
    }

    static Optional<ReportLine> parse(String line) {
        if (!line.startsWith(PREFIX)) {
            return Optional.empty();
        }
        ReportLine report = new ReportLine(line);
        try {
            report.readFields();
            return Optional.of(report);
        } catch (IndexOutOfBoundsException | IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }

    String event() {
        return text("event");
    }

    /** Returns "" where the field is missing. */
    String text(String field) {
        return fields.getOrDefault(field, "");
    }

    /** Returns 0 where the field is missing or no number. */
    double decimal(String field) {
        try {
            return Double.parseDouble(text(field));
        } catch (NumberFormatException notANumber) {
            return 0;
        }
    }

    /** Returns -1 where the field is missing or no whole number. */
    long number(String field) {
        try {
            return Long.parseLong(text(field));
        } catch (NumberFormatException notANumber) {
            return -1;
        }
    }

    private void readFields() {
        while (true) {
            String name = quoted();
            expect(':');
            fields.put(name, text.charAt(at) == '"' ? quoted() : bare());
            if (text.charAt(at) == '}') {
                return;
            }
            expect(',');
        }
    }

    private String bare() {
        int start = at;
        while (text.charAt(at) != ',' && text.charAt(at) != '}') {
            at++;
        }
        return text.substring(start, at);
    }

    private String quoted() {
        expect('"');
        StringBuilder value = new StringBuilder();
        while (text.charAt(at) != '"') {
            char c = text.charAt(at++);
            value.append(c == '\\' ? escaped() : c);
        }
        at++;
        return value.toString();
    }

    private char escaped() {
        char c = text.charAt(at++);
        if (c != 'u') {
            return c;
        }
        at += 4;
        return (char) Integer.parseInt(text, at - 4, at, 16);
    }

    private void expect(char c) {
        if (text.charAt(at++) != c) {
            throw new IllegalArgumentException("no " + c + " at " + (at - 1));
        }
    }
}
