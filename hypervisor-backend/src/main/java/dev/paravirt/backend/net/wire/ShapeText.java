// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The options of a wire's text that shape it. */
final class ShapeText {
    private static final Pattern NUMBER = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,9})?)([a-zA-Z%]*)");

    private ShapeText() {}

    /** Takes the options of a shape; null if there are none. */
    static @Nullable Shape shape(WireText options) {
        Shape shape = new Shape();
        boolean given = false;
        for (String key : new String[] {"loss", "duplicate", "reorder", "delay", "jitter", "rate", "limit", "seed"}) {
            String value = options.take(key);
            if (value != null) {
                given = true;
                apply(shape, key, value);
            }
        }
        return given ? shape : null;
    }

    private static void apply(Shape shape, String key, String value) {
        switch (key) {
            case "loss" -> shape.loss(probability(key, value));
            case "duplicate" -> shape.duplication(probability(key, value));
            case "reorder" -> shape.reordering(probability(key, value));
            case "delay" -> shape.delay(time(key, value));
            case "jitter" -> shape.jitter(time(key, value));
            case "rate" -> shape.rate(rate(key, value));
            case "limit" -> shape.limit((int) Math.min(whole(key, value), Integer.MAX_VALUE));
            default -> shape.seed(whole(key, value));
        }
    }

    private static double probability(String key, String value) {
        String example = "a probability such as 0.01 or 1%";
        Matcher number = match(key, value, example);
        double probability = Double.parseDouble(number.group(1));
        return switch (number.group(2)) {
            case "" -> probability;
            case "%" -> probability / 100;
            default -> throw mistake(key, value, example);
        };
    }

    private static Duration time(String key, String value) {
        String example = "a time such as 50ms, 500us or 1s";
        Matcher number = match(key, value, example);
        long unit = switch (number.group(2)) {
            case "us" -> 1_000;
            case "ms" -> 1_000_000;
            case "s" -> 1_000_000_000;
            default -> throw mistake(key, value, example);
        };
        return Duration.ofNanos(scaled(number, unit));
    }

    private static long rate(String key, String value) {
        String example = "bits a second such as 500k, 10M or 1G";
        Matcher number = match(key, value, example);
        long unit = switch (number.group(2).toLowerCase(Locale.ROOT)) {
            case "" -> 1;
            case "k" -> 1_000;
            case "m" -> 1_000_000;
            case "g" -> 1_000_000_000;
            default -> throw mistake(key, value, example);
        };
        return scaled(number, unit);
    }

    private static long whole(String key, String value) {
        if (!value.matches("\\d{1,18}")) {
            throw mistake(key, value, "a whole number");
        }
        return Long.parseLong(value);
    }

    /** Cannot overflow by much: twelve digits and nine zeros. */
    private static long scaled(Matcher number, long unit) {
        BigDecimal value = new BigDecimal(number.group(1)).multiply(BigDecimal.valueOf(unit));
        return value.min(BigDecimal.valueOf(Long.MAX_VALUE)).longValue();
    }

    private static Matcher match(String key, String value, String example) {
        Matcher number = NUMBER.matcher(value);
        if (!number.matches()) {
            throw mistake(key, value, example);
        }
        return number;
    }

    private static IllegalArgumentException mistake(String key, String value, String example) {
        return new IllegalArgumentException(key + " is " + example + ", not " + value);
    }
}
