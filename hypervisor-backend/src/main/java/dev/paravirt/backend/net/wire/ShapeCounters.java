// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.net.wire;

/**
 * What a {@link ShapedBackend} did to the frames of one direction.
 *
 * @param frames frames that came in
 * @param lost of these by chance
 * @param duplicated of these by chance, each into two
 * @param reordered of these by chance
 * @param overflowed frames dropped because too many were under way
 */
public record ShapeCounters(long frames, long lost, long duplicated, long reordered, long overflowed) {}
