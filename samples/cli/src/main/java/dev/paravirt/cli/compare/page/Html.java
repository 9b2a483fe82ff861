// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.page;

import java.util.List;
import java.util.Locale;

/** A page in the making. */
final class Html {
    private final StringBuilder text = new StringBuilder();

    /** Markup as it is. */
    Html raw(String markup) {
        text.append(markup);
        return this;
    }

    Html heading(int level, String words) {
        return element("h" + level, "", words);
    }

    Html paragraph(String words) {
        return element("p", "", words);
    }

    /** A paragraph that explains. */
    Html note(String words) {
        return element("p", " class=\"soft\"", words);
    }

    private Html element(String name, String attributes, String words) {
        text.append('<').append(name).append(attributes).append('>');
        text.append(escape(words)).append("</").append(name).append(">\n");
        return this;
    }

    /** A chart with what it shows, in words too. */
    Html chart(String title, String meaning, LogChart chart) {
        text.append("<section>\n");
        heading(3, title);
        note(meaning);
        text.append(chart.svg(title)).append("</section>\n");
        return this;
    }

    /** A table, the first cell of each row being its name. It scrolls by itself where it is wider than the page. */
    Html table(String caption, List<String> header, List<List<String>> rows) {
        text.append("<div class=\"scroll\"><table>\n");
        element("caption", "", caption);
        row("th", header);
        rows.forEach(row -> row("td", row));
        text.append("</table></div>\n");
        return this;
    }

    private void row(String cell, List<String> words) {
        text.append("<tr>");
        words.forEach(word -> element(cell, "", word));
        text.append("</tr>\n");
    }

    static String escape(String words) {
        return words.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** A number for people; a dash for what is none. */
    static String number(double value, int decimals) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%,." + decimals + "f", value) : "–";
    }

    /** A number with about three digits, of any size. */
    static String number(double value) {
        if (Math.abs(value) >= 100 || value == 0) {
            return number(value, 0);
        }
        return number(value, Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
