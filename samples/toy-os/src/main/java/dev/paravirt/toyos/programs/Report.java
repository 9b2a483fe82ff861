// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

/**
 * A line for the host to read: a prefix and one JSON object. What they say is written down in the README of this module;
 * the demo is written against it.
 */
public final class Report {
    /** Starts every line that is meant for a program; all others are for people. */
    public static final String PREFIX = "@toyos ";

    private final StringBuilder json = new StringBuilder(PREFIX);

    private Report() {}

    public static Report event(String name) {
        Report report = new Report();
        report.json.append('{');
        return report.field("event", name);
    }

    public Report field(String name, String value) {
        name(name);
        quote(value);
        return this;
    }

    public Report field(String name, long value) {
        name(name);
        json.append(value);
        return this;
    }

    public Report field(String name, boolean value) {
        name(name);
        json.append(value);
        return this;
    }

    /** A number with three places behind the point. */
    public Report decimal(String name, double value) {
        name(name);
        long thousandths = Math.round(value * 1000);
        json.append(thousandths / 1000).append('.');
        String places = Long.toString(1000 + Math.abs(thousandths % 1000));
        json.append(places, 1, places.length());
        return this;
    }

    @Override
    public String toString() {
        return json + "}";
    }

    private void name(String name) {
        if (json.charAt(json.length() - 1) != '{') {
            json.append(',');
        }
        quote(name);
        json.append(':');
    }

    private void quote(String text) {
        json.append('"');
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < 0x20 || c >= 0x7F) {
                String hex = Integer.toHexString(0x10000 + c);
                json.append("\\u").append(hex, 1, hex.length());
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }
}
