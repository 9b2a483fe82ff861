// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

import java.time.Duration;

/**
 * What a {@link ShapedBackend} does to frames, in each direction on its own: faults of real networks, for tests. A fresh
 * one does nothing. The setters return this object, and throw {@link IllegalArgumentException} for what cannot be.
 */
public final class Shape {
    /** Frames that may be under way in each direction by default, as in Linux's netem. */
    public static final int DEFAULT_LIMIT = 1000;

    private static final int MAX_LIMIT = 1 << 16;
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private double loss;
    private double duplication;
    private double reordering;
    private long delayNanos;
    private long jitterNanos;
    private long bitsPerSecond;
    private int limit = DEFAULT_LIMIT;
    private long seed = 1;

    /** No faults. */
    public Shape() {}

    /** The probability that a frame is lost, 0 to 1. */
    public Shape loss(double probability) {
        loss = checkProbability(probability);
        return this;
    }

    /** The probability that a frame arrives twice, 0 to 1. */
    public Shape duplication(double probability) {
        duplication = checkProbability(probability);
        return this;
    }

    /** The probability that a frame is held back, for two milliseconds, while those behind it pass; 0 to 1. */
    public Shape reordering(double probability) {
        reordering = checkProbability(probability);
        return this;
    }

    /** How long each frame takes, up to a minute. */
    public Shape delay(Duration value) {
        delayNanos = checkTime(value);
        return this;
    }

    /** By how much the delay of a frame may be longer or shorter, evenly spread; frames stay in order all the same. */
    public Shape jitter(Duration value) {
        jitterNanos = checkTime(value);
        return this;
    }

    /** How fast frames go, in bits a second, 1000 or more, without preamble and check sequence; 0 for no limit. */
    public Shape rate(long value) {
        if (value != 0 && value < 1000) {
            throw new IllegalArgumentException("a rate is 1000 bits a second or more: " + value);
        }
        bitsPerSecond = value;
        return this;
    }

    /** How many frames may be under way in each direction, 1 to 65536; more are dropped. Default: 1000. */
    public Shape limit(int frames) {
        if (frames < 1 || frames > MAX_LIMIT) {
            throw new IllegalArgumentException("the limit is 1 to " + MAX_LIMIT + " frames: " + frames);
        }
        limit = frames;
        return this;
    }

    /** What chance follows from: the same frames meet the same fate with the same seed. Default: 1. */
    public Shape seed(long value) {
        seed = value;
        return this;
    }

    private static double checkProbability(double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException("a probability is 0 to 1: " + value);
        }
        return value;
    }

    private static long checkTime(Duration value) {
        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("a delay is up to a minute: " + value.toMillis() + " ms");
        }
        return value.toNanos();
    }

    double loss() {
        return loss;
    }

    double duplication() {
        return duplication;
    }

    double reordering() {
        return reordering;
    }

    long delayNanos() {
        return delayNanos;
    }

    long jitterNanos() {
        return jitterNanos;
    }

    long bitsPerSecond() {
        return bitsPerSecond;
    }

    int limit() {
        return limit;
    }

    long seed() {
        return seed;
    }
}
