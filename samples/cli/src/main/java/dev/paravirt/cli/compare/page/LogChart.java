// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.page;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Ranges with a mark in each, on an axis of powers of ten, as SVG. What is compared here differs by orders of magnitude; on
 * a linear axis only the largest would show.
 */
final class LogChart {
    private static final int WIDTH = 440;
    private static final int MARGIN = 14;
    private static final int ROW = 38;
    private static final int AXIS = 26;
    private static final int TEXT = 13;
    private static final int TRACK = 25;
    private static final int MOST_LABELS = 6;

    private final String title;
    private final List<Row> rows = new ArrayList<>();
    private final StringBuilder svg = new StringBuilder();

    /** @param title what a reader hears who does not see it */
    LogChart(String title) {
        this.title = title;
    }

    private record Row(String name, double low, double mark, double high, String text) {}

    /**
     * Adds a range. One that has no place on the axis, such as one of zeros, has a name and a text only.
     *
     * @param text the value in words
     */
    void add(String name, double low, double mark, double high, String text) {
        rows.add(new Row(name, low, mark, high, text));
    }

    /** To be called once. */
    String svg() {
        int first = (int) Math.floor(Math.log10(extreme(false)));
        int last = Math.max(first + 1, (int) Math.ceil(Math.log10(extreme(true))));
        int bottom = rows.size() * ROW;
        svg.append("<svg viewBox=\"0 0 " + WIDTH + " " + (bottom + AXIS) + "\" role=\"img\" aria-label=\"");
        svg.append(escape(title)).append("\">\n");
        int step = Math.max(1, (last - first + MOST_LABELS - 1) / MOST_LABELS);
        for (int power = first; power <= last; power += step) {
            double x = x(Math.pow(10, power), first, last);
            line("grid", x, 0, x, bottom);
            label(x, bottom + TEXT + 4, number(power));
        }
        for (int i = 0; i < rows.size(); i++) {
            draw(rows.get(i), i * ROW, first, last);
        }
        return svg.append("</svg>\n").toString();
    }

    /** Below its line, or where it would be cut off, within the chart. */
    private void label(double x, int y, String text) {
        if (x < 2 * MARGIN) {
            text("axis first", 0, y, text);
        } else if (x > WIDTH - 2 * MARGIN) {
            text("axis value", WIDTH, y, text);
        } else {
            text("axis", x, y, text);
        }
    }

    private double extreme(boolean highest) {
        var values = rows.stream().filter(LogChart::hasPlace).mapToDouble(row -> highest ? row.high() : row.low());
        return (highest ? values.max() : values.min()).orElse(1);
    }

    private static boolean hasPlace(Row row) {
        return row.low() > 0 && Double.isFinite(row.high());
    }

    private void draw(Row row, int top, int first, int last) {
        text("name", 0, top + TEXT, row.name());
        text("value", WIDTH, top + TEXT, row.text());
        if (hasPlace(row)) {
            int y = top + TRACK;
            line("range", x(row.low(), first, last), y, x(row.high(), first, last), y);
            double mark = x(row.mark(), first, last);
            svg.append(String.format(Locale.ROOT, "<circle class=\"mark\" cx=\"%.1f\" cy=\"%d\" r=\"5\"/>%n", mark, y));
        }
    }

    private void line(String style, double x1, int y1, double x2, int y2) {
        svg.append(String.format(
                Locale.ROOT,
                "<line class=\"%s\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>%n",
                style,
                x1,
                y1,
                x2,
                y2));
    }

    private void text(String style, double x, int y, String text) {
        svg.append(String.format(
                Locale.ROOT, "<text class=\"%s\" x=\"%.1f\" y=\"%d\">%s</text>%n", style, x, y, escape(text)));
    }

    private static double x(double value, int first, int last) {
        return MARGIN + (Math.log10(value) - first) / (last - first) * (WIDTH - 2 * MARGIN);
    }

    private static String number(int power) {
        return power < 0
                ? String.format(Locale.ROOT, "%." + -power + "f", Math.pow(10, power))
                : String.format(Locale.ROOT, "%,.0f", Math.pow(10, power));
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
