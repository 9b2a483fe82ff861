// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.page;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * Ranges with a mark in each, on an axis of powers of ten, as SVG. What is compared here differs by orders of magnitude; on
 * a linear axis only the largest would show.
 */
final class LogChart {
    private static final int WIDTH = 380;
    private static final int MARGIN = 14;
    private static final int ROW = 38;
    private static final int AXIS = 26;
    private static final int TEXT = 13;
    private static final int TRACK = 25;
    private static final int MOST_LABELS = 6;
    private static final String[] PREFIXES = {"", " k", " M", " G", " T"};

    private final List<Row> rows = new ArrayList<>();
    private final StringBuilder svg = new StringBuilder();

    /**
     * A row: the range from the least to the greatest of its points.
     *
     * @param style the class of whose colour it has
     * @param text its value in words
     * @param mark what matters most in the range
     * @param ticks other points of interest, the ends of the range among them
     */
    private record Row(String style, String name, String text, double mark, double[] ticks) {
        DoubleStream points() {
            return DoubleStream.concat(DoubleStream.of(mark), Arrays.stream(ticks));
        }

        /** Zero has no place on this axis, nor has what is no number. */
        boolean hasPlace() {
            return points().allMatch(point -> point > 0 && Double.isFinite(point));
        }
    }

    /** Adds a row. One that has no place on the axis, such as one of zeros, has a name and a text only. */
    LogChart add(String style, String name, String text, double mark, double... ticks) {
        rows.add(new Row(style, name, text, mark, ticks));
        return this;
    }

    /**
     * As a part of a page. Either this or {@link #picture} is called, once.
     *
     * @param title what a reader hears who does not see it
     */
    String svg(String title) {
        svg.append("<svg viewBox=\"0 0 " + WIDTH + " " + height() + "\" role=\"img\" aria-label=\"");
        svg.append(Html.escape(title)).append("\">\n");
        draw();
        return svg.append("</svg>\n").toString();
    }

    /**
     * By itself, with its title above it.
     *
     * @param style rules for all that is in it
     */
    String picture(String title, String style) {
        int top = TEXT + 2 * MARGIN;
        svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + 2 * WIDTH + "\" viewBox=\"" + -MARGIN + " "
                + -top + " " + (WIDTH + 2 * MARGIN) + " " + (height() + top) + "\">\n<style>\n");
        svg.append(style)
                .append("svg text { font-family: system-ui, sans-serif; }\n</style>\n<rect x=\"" + -MARGIN + "\" y=\""
                        + -top + "\" width=\"100%\" height=\"100%\" fill=\"var(--page)\"/>\n");
        text("title", 0, -MARGIN, title);
        draw();
        return svg.append("</svg>\n").toString();
    }

    private int height() {
        return rows.size() * ROW + AXIS;
    }

    private void draw() {
        int first = (int) Math.floor(Math.log10(points().min().orElse(1)) + 1e-9);
        int last = Math.max(first + 1, (int) Math.ceil(Math.log10(points().max().orElse(1)) - 1e-9));
        int bottom = rows.size() * ROW;
        int step = Math.max(1, (last - first + MOST_LABELS - 1) / MOST_LABELS);
        for (int power = first; power <= last; power += step) {
            double x = x(Math.pow(10, power), first, last);
            line("grid", x, 0, x, bottom);
            label(x, bottom + TEXT + 4, power(power));
        }
        for (int i = 0; i < rows.size(); i++) {
            draw(rows.get(i), i * ROW, first, last);
        }
    }

    private DoubleStream points() {
        return rows.stream().filter(Row::hasPlace).flatMapToDouble(Row::points);
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

    private void draw(Row row, int top, int first, int last) {
        text("name", 0, top + TEXT, row.name());
        text("value", WIDTH, top + TEXT, row.text());
        if (!row.hasPlace()) {
            return;
        }
        int y = top + TRACK;
        double low = x(row.points().min().orElse(1), first, last);
        double high = x(row.points().max().orElse(1), first, last);
        line("range " + row.style(), low, y, high, y);
        for (double tick : row.ticks()) {
            double x = x(tick, first, last);
            line("tick " + row.style(), x, y - 4, x, y + 4);
        }
        double mark = x(row.mark(), first, last);
        svg.append(String.format(
                Locale.ROOT, "<circle class=\"mark %s\" cx=\"%.1f\" cy=\"%d\" r=\"5\"/>%n", row.style(), mark, y));
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
                Locale.ROOT, "<text class=\"%s\" x=\"%.1f\" y=\"%d\">%s</text>%n", style, x, y, Html.escape(text)));
    }

    private static double x(double value, int first, int last) {
        return MARGIN + (Math.log10(value) - first) / (last - first) * (WIDTH - 2 * MARGIN);
    }

    /** Such as 0.01, 10 or 100 k. */
    private static String power(int power) {
        if (power < 0) {
            return String.format(Locale.ROOT, "%." + -power + "f", Math.pow(10, power));
        }
        int thousands = Math.min(power / 3, PREFIXES.length - 1);
        return String.format(Locale.ROOT, "%.0f", Math.pow(10, power - 3 * thousands)) + PREFIXES[thousands];
    }
}
