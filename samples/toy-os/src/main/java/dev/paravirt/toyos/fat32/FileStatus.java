// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

/**
 * What is known of a file or directory without opening it.
 *
 * @param size in bytes; 0 for directories
 * @param created milliseconds since 1970, UTC
 * @param modified milliseconds since 1970, UTC, in steps of two seconds
 */
public record FileStatus(String name, boolean directory, boolean readOnly, long size, long created, long modified) {}
