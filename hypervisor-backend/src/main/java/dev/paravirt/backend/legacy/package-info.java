// SPDX-License-Identifier: Apache-2.0
/**
 * Devices as hardware has them, each to its data sheet: what paravirtualization is measured against. Every access to a
 * register of theirs is an exit.
 */
@NullMarked
package dev.paravirt.backend.legacy;

import org.jspecify.annotations.NullMarked;
