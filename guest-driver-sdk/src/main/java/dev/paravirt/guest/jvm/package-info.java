// SPDX-License-Identifier: Apache-2.0
/**
 * What a guest on a JVM stands on: memory that it shares with its hypervisor, doorbells, interrupt lines, a clock. An
 * operating system that runs elsewhere brings its own in place of this package, which is the only one of the SDK that
 * uses {@code java.lang.foreign}, threads and locks.
 */
@NullMarked
package dev.paravirt.guest.jvm;

import org.jspecify.annotations.NullMarked;
