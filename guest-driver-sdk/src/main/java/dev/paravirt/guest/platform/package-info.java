// SPDX-License-Identifier: Apache-2.0
/**
 * The drivers' only door to the system that embeds them. An operating system implements {@link
 * dev.paravirt.guest.platform.Platform} and one gate; {@code dev.paravirt.guest.jvm} does so on a JVM.
 */
@NullMarked
package dev.paravirt.guest.platform;

import org.jspecify.annotations.NullMarked;
