// SPDX-License-Identifier: Apache-2.0
/**
 * The guest's memory as both sides reach it: regions of guest-physical addresses, bounds-checked, with the ordering of
 * each access in its method's name.
 */
@NullMarked
package dev.paravirt.memory;

import org.jspecify.annotations.NullMarked;
