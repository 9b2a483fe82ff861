// SPDX-License-Identifier: Apache-2.0
/** Measurements by turns, and what is told of them. */
@NullMarked
package dev.paravirt.benchmarks.contest;

import org.jspecify.annotations.NullMarked;
