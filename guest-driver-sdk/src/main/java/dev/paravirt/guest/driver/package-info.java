// SPDX-License-Identifier: Apache-2.0
/**
 * Drivers, the same over every transport. Freestanding: plain Java over {@link dev.paravirt.guest.platform.Platform} and
 * guest memory, without threads or locks, and without allocation once started, except for the exception of a failure.
 */
@NullMarked
package dev.paravirt.guest.driver;

import org.jspecify.annotations.NullMarked;
